"""Reads the keys in page tokens; it must not know what stands on the pages."""

from collections.abc import Sequence

from carillon_chassis.errors import InvalidInput

# Numbers in page tokens are PostgreSQL's bigint.
NUMBER_BITS = 63


def parse_number_key(keys: Sequence[str | int]) -> int:
    """The number after which a page begins; 0 for the first page. Raises InvalidInput PAGE_TOKEN_INVALID."""
    match keys:
        case []:
            return 0
        case [int(number)] if 0 <= number < 1 << NUMBER_BITS:
            return number
    raise _invalid()


def parse_statement_key(keys: Sequence[str | int]) -> tuple[str, str]:
    """The affiliate and month after which a page begins. Raises InvalidInput PAGE_TOKEN_INVALID."""
    match keys:
        case []:
            return "", ""
        case [str(affiliate_id), str(month)] if "\x00" not in affiliate_id + month:
            return affiliate_id, month
    raise _invalid()


def _invalid() -> InvalidInput:
    return InvalidInput(
        reason="PAGE_TOKEN_INVALID",
        field="page_token",
        detail="send the next_page_token of the page before, unchanged",
    )
