"""Books what visitors tried of a service on an affiliate's account (RWD-14); it must not book a visit twice."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import WITNESSES, unknown_affiliate
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.store.affiliates import find_affiliate
from svc_reward.store.commission_events import NewEvent, insert_events

Experience = tuple[str, str, datetime]


async def record_experiences(
    unit: UnitOfWork, *, identity: Identity, affiliate_id: str, experiences: Sequence[Experience]
) -> int:
    """How many of (reference, service, moment) were new. It is the portal that tells, not who earns by it.

    Raises NotFound AFFILIATE_UNKNOWN, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *WITNESSES)
    if await find_affiliate(unit, affiliate_id) is None:
        raise unknown_affiliate()
    events = [
        NewEvent(
            id=f"experience:{affiliate_id}:{reference}",
            affiliate_id=affiliate_id,
            kind=CommissionKind.EXPERIENCE,
            service=service,
            occurred_at=at,
        )
        for reference, service, at in experiences
    ]
    return await insert_events(unit, events)
