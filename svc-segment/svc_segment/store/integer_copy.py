"""Copies integers out of PostgreSQL and into it in its binary form; it must not know what they mean.

Rows are built and read by numpy, no Python object a row: every column is an integer of four or eight bytes, and none
is null.
"""

from collections.abc import AsyncIterator, Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from carillon_chassis.database import UnitOfWork

# PostgreSQL's binary COPY: signature, flags and extension length; then rows; then -1 as a field count.
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
# Rows a piece of COPY: some 1.7 MB of two bigints.
PIECE_ROWS = 65_536

# Hears of some rows at a time, as an array a column.
Take = Callable[..., None]


async def read_integers(unit: UnitOfWork, query: str, *values: object, widths: Sequence[int], take: Take) -> None:
    """Gives ``take`` the rows of a query as they come; ``widths`` are the bytes of its columns, 4 or 8 each."""
    row = _row(widths)
    rest = bytearray()
    waiting = len(HEADER)

    async def receive(piece: bytes) -> None:
        nonlocal waiting
        rest.extend(piece)
        begun = min(waiting, len(rest))
        del rest[:begun]
        waiting -= begun
        whole = len(rest) // row.itemsize * row.itemsize
        rows = np.frombuffer(bytes(rest[:whole]), row)
        take(*(rows[f"value{place}"] for place in range(len(widths))))
        del rest[:whole]

    await unit.driver.copy_from_query(query, *values, output=receive, format="binary")
    if bytes(rest) != TRAILER:
        raise ValueError(f"a copy of integers ended with {len(rest)} bytes too many")


async def read_ids(unit: UnitOfWork, query: str, *values: object) -> NDArray[np.uint32]:
    """The only column of a query, an integer that is a subscriber's id."""
    pieces = [np.empty(0, np.uint32)]
    await read_integers(unit, query, *values, widths=(4,), take=lambda ids: pieces.append(ids.astype(np.uint32)))
    return np.concatenate(pieces)


async def write_integers(
    unit: UnitOfWork, table: str, columns: Sequence[str], values: Sequence[NDArray[np.integer]]
) -> None:
    """Adds rows to a table, a column of each array's width after the other."""
    await unit.driver.copy_to_table(table, columns=list(columns), source=_pieces(values), format="binary")


async def _pieces(values: Sequence[NDArray[np.integer]]) -> AsyncIterator[bytes]:
    row = _row([column.itemsize for column in values])
    yield HEADER
    for start in range(0, len(values[0]), PIECE_ROWS):
        piece = [column[start : start + PIECE_ROWS] for column in values]
        rows = np.empty(len(piece[0]), row)
        rows["fields"] = len(values)
        for place, column in enumerate(piece):
            rows[f"length{place}"], rows[f"value{place}"] = column.itemsize, column
        yield rows.tobytes()
    yield TRAILER


def _row(widths: Sequence[int]) -> "np.dtype[np.void]":
    columns = [
        field
        for place, width in enumerate(widths)
        for field in ((f"length{place}", ">i4"), (f"value{place}", f">i{width}"))
    ]
    return np.dtype([("fields", ">i2"), *columns])
