"""Books a click on an affiliate's link (RWD-15, RWD-18); one visitor's clicks on a link earn once a day."""

import hashlib
from datetime import datetime, tzinfo
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_pricing import REPEATED_CLICK
from svc_reward.store.affiliates import find_link
from svc_reward.store.commission_events import NewEvent, insert_events, insert_worthless


async def follow_affiliate_link(
    unit: UnitOfWork, *, token: str, visitor: str, click_id: UUID, at: datetime, zone: tzinfo
) -> str:
    """Where the link leads. Without a ``visitor`` every click is another's. Raises NotFound LINK_UNKNOWN."""
    link = await find_link(unit, token)
    if link is None:
        raise NotFound(
            reason="LINK_UNKNOWN", field="token", detail="no affiliate has this link; check that it is whole"
        )
    day = at.astimezone(zone).date()
    # Hashed with link and day, so that neither the affiliate nor a table tells who clicked.
    once = hashlib.sha256(f"{token}|{day}|{visitor}".encode()).hexdigest()[:32] if visitor else str(click_id)
    if await insert_events(unit, [_click(f"click:{once}", link.affiliate_id, link.service, token, at)]) == 0:
        repeated = _click(f"click:{click_id}", link.affiliate_id, link.service, token, at)
        await insert_worthless(unit, repeated, outcome=REPEATED_CLICK)
    return link.target


def _click(event_id: str, affiliate_id: str, service: str, token: str, at: datetime) -> NewEvent:
    return NewEvent(
        id=event_id,
        affiliate_id=affiliate_id,
        kind=CommissionKind.AD_CLICK,
        service=service,
        token=token,
        occurred_at=at,
    )
