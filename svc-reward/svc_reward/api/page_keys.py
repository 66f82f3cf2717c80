"""Reads the keys in page tokens; it must not know what stands on the pages."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.grant_period import FAR_FUTURE

# Numbers in page tokens are PostgreSQL's bigint.
NUMBER_BITS = 63
FIRST_ID = UUID(int=0)


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


def parse_id_key(keys: Sequence[str | int]) -> UUID:
    """The id after which a page begins. Raises InvalidInput PAGE_TOKEN_INVALID."""
    match keys:
        case []:
            return FIRST_ID
        case [str(text)]:
            return _id(text)
    raise _invalid()


def parse_moment_key(keys: Sequence[str | int]) -> tuple[datetime, UUID]:
    """The moment and id after which a page begins, latest first. Raises InvalidInput PAGE_TOKEN_INVALID."""
    match keys:
        case []:
            return FAR_FUTURE, FIRST_ID
        case [str(moment), str(text)]:
            try:
                return datetime.fromisoformat(moment).astimezone(UTC), _id(text)
            except (ValueError, OverflowError):
                raise _invalid() from None
    raise _invalid()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _invalid() from None


def _invalid() -> InvalidInput:
    return InvalidInput(
        reason="PAGE_TOKEN_INVALID",
        field="page_token",
        detail="send the next_page_token of the page before, unchanged",
    )
