"""Shows an owner's statement a page at a time, newest first, with the balance after each entry (RWD-24)."""

from datetime import UTC, datetime, timedelta

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.domain.account import AccountKind
from svc_reward.domain.account_line import AccountLine
from svc_reward.store.history import list_lines

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# After every entry that there can be.
END = (datetime(9999, 1, 1, tzinfo=UTC), 2**63 - 1)
MICROSECOND = timedelta(microseconds=1)


async def list_entries(
    unit: UnitOfWork, *, kind: AccountKind, owner: str, page_size: int, page_token: str
) -> tuple[list[AccountLine], str]:
    """A page and the token of the next, empty at the end. Raises InvalidInput PAGE_TOKEN_INVALID."""
    size = page_size or DEFAULT_PAGE_SIZE
    lines = await list_lines(unit, kind=kind, owner=owner, before=_parse_place(page_token), limit=size + 1)
    page = lines[:size]
    return page, _write_place(page[-1].place) if len(lines) > size else ""


def _write_place(place: tuple[datetime, int]) -> str:
    booked_at, number = place
    return encode_token((booked_at - EPOCH) // MICROSECOND, number)


def _parse_place(token: str) -> tuple[datetime, int]:
    match decode_token(token):
        case []:
            return END
        case [int(moment), int(number)] if 0 <= moment <= (END[0] - EPOCH) // MICROSECOND and 0 <= number <= END[1]:
            return EPOCH + moment * MICROSECOND, number
    raise InvalidInput(
        reason="PAGE_TOKEN_INVALID", field="page_token", detail="send the next_page_token of the page before"
    )
