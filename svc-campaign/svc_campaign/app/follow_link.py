"""Follows a tracked link: books the click as a response and says where to go, without a word about the subscriber."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_campaign.domain.link_token import read_token
from svc_campaign.store.responses import Click, book_click


async def follow_link(unit: UnitOfWork, *, token: str, at: datetime) -> Click:
    """The target, also after the window, when the click no longer counts. Raises NotFound LINK_UNKNOWN."""
    number = read_token(token)
    click = None if number is None else await book_click(unit, number, at)
    if click is None:
        raise NotFound(reason="LINK_UNKNOWN", field="token", detail="No message carried this link.")
    return click
