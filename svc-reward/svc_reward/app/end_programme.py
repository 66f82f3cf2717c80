"""Ends a referral programme before its time; it must not touch what was begun by it."""

from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.referral_access import CHECKERS, unknown_programme
from svc_reward.domain.referral_programme import Programme, check_programme_end
from svc_reward.store import referral_programmes


async def end_programme(unit: UnitOfWork, *, identity: Identity, number: int, at: datetime) -> Programme:
    """Raises NotFound PROGRAMME_UNKNOWN, StateRefused PROGRAMME_STATE, PermissionRefused ROLE_MISSING."""
    require_role(identity, *CHECKERS)
    programme = await referral_programmes.lock_programme(unit, number)
    if programme is None:
        raise unknown_programme(number)
    check_programme_end(programme)
    await referral_programmes.end_programme(unit, number, ended_by=identity.subject, at=at)
    return replace(programme, ended_by=identity.subject, ended_at=at)
