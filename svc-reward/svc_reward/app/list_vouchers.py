"""Shows a subscriber's vouchers a page at a time; it must not tell their codes."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.domain.voucher import Voucher
from svc_reward.store import vouchers

# The protocol's own limit.
MAX_PAGE_SIZE = 200
BEFORE_ALL = UUID(int=0)


async def list_vouchers(
    unit: UnitOfWork, subscriber_id: int, *, page_size: int, page_token: str
) -> tuple[list[Voucher], str]:
    """A page, the oldest first, and the token of the next. Raises InvalidInput PAGE_TOKEN_INVALID."""
    size = min(page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    keys = decode_token(page_token) or [str(BEFORE_ALL)]
    try:
        after = UUID(str(keys[0]))
    except ValueError as error:
        raise InvalidInput(
            reason="PAGE_TOKEN_INVALID", field="page_token", detail="send the next_page_token of the page before"
        ) from error
    found = await vouchers.list_vouchers(unit, subscriber_id, after=after, limit=size + 1)
    page = found[:size]
    return page, encode_token(str(page[-1].id)) if len(found) > size else ""
