"""Columns as PostgreSQL takes them in fastest: one text each, which it cuts itself; it must not know any table.

An array parameter is encoded value by value, which costs more than the row it becomes.
"""

from collections.abc import Sequence

# No text of the ledger has it: what is not printable is refused where it comes in.
SEPARATOR = "\n"


def numbers(column: Sequence[int]) -> str:
    """For ``$1::text::bigint[]``."""
    return "{" + repr(list(column))[1:-1] + "}"


def texts(column: Sequence[str]) -> str:
    """For PostgreSQL's string_to_array by line feeds; each text must be one printable line and not empty."""
    return SEPARATOR.join(column)
