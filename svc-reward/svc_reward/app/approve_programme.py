"""Approves a referral programme, by another person than its maker; it must not change what it pays."""

from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.referral_access import CHECKERS, unknown_programme
from svc_reward.domain.referral_programme import Programme, check_programme_approver
from svc_reward.store import referral_programmes


async def approve_programme(unit: UnitOfWork, *, identity: Identity, number: int, at: datetime) -> Programme:
    """Raises NotFound PROGRAMME_UNKNOWN, StateRefused PROGRAMME_STATE, PermissionRefused MAKER_IS_CHECKER, ROLE_MISSING."""
    require_role(identity, *CHECKERS)
    programme = await referral_programmes.lock_programme(unit, number)
    if programme is None:
        raise unknown_programme(number)
    check_programme_approver(programme, identity.subject)
    await referral_programmes.approve_programme(unit, number, approved_by=identity.subject, at=at)
    return replace(programme, approved_by=identity.subject, approved_at=at)
