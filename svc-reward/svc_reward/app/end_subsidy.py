"""Ends a handset subsidy before its time and books what the customer owes back; it must not end one twice (RWD-37)."""

from datetime import tzinfo
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.create_subsidy import SIGNERS
from svc_reward.domain.subsidy import Subsidy
from svc_reward.store.subsidies import keep_end, lock_subsidy


async def end_subsidy(
    unit: UnitOfWork, *, identity: Identity, subsidy_id: UUID, reason: str, clock: Clock, zone: tzinfo
) -> Subsidy:
    """Raises PermissionRefused ROLE_MISSING, NotFound SUBSIDY_UNKNOWN, StateRefused SUBSIDY_STATE, InvalidInput."""
    require_role(identity, *SIGNERS)
    standing = await lock_subsidy(unit, subsidy_id)
    if standing is None:
        raise NotFound(reason="SUBSIDY_UNKNOWN", field="id", detail="there is no subsidy of this id")
    ended = standing.end_early(at=clock.now(), by=identity.subject, reason=reason, zone=zone)
    await keep_end(unit, ended)
    await book_transfers(unit, [ended.claim], clock=clock)
    return ended
