"""Sees to it that only users recommend, where the programme says so; it must not look at the friend."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.domain.referral_programme import ProgrammeTerms
from svc_reward.store.service_use import read_usage


async def require_referrer(unit: UnitOfWork, terms: ProgrammeTerms, subscriber_id: int) -> None:
    """Raises StateRefused REFERRER_NOT_USER for who has never used what the programme recommends."""
    if not terms.referrer_must_use:
        return
    usage = (await read_usage(unit, [subscriber_id], terms.services))[subscriber_id]
    if usage.first(terms) is None:
        raise StateRefused(
            reason="REFERRER_NOT_USER",
            field="msisdn",
            detail=f"who recommends has to use {' or '.join(terms.services)} first",
        )
