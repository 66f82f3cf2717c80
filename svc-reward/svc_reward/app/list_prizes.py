"""Shows the catalogue of prizes a page at a time; it must not leave out what is sold out."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.domain.prize import Prize
from svc_reward.domain.stock import Stock
from svc_reward.store import prizes

# The protocol's own limit.
MAX_PAGE_SIZE = 200


async def list_prizes(unit: UnitOfWork, *, page_size: int, page_token: str) -> tuple[list[tuple[Prize, Stock]], str]:
    """A page by code and the token of the next, empty at the end. Raises InvalidInput PAGE_TOKEN_INVALID."""
    size = min(page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    keys = decode_token(page_token) or [""]
    if len(keys) != 1 or not isinstance(keys[0], str) or not keys[0].isprintable():
        raise InvalidInput(
            reason="PAGE_TOKEN_INVALID", field="page_token", detail="send the next_page_token of the page before"
        )
    found = await prizes.list_prizes(unit, after=keys[0], limit=size + 1)
    page = found[:size]
    return page, encode_token(page[-1][0].code) if len(found) > size else ""
