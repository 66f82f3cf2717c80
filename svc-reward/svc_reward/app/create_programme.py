"""Proposes a referral programme; it runs once another person has approved it."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.draw_access import found
from svc_reward.app.referral_access import MAKERS
from svc_reward.domain.referral_programme import Programme, ProgrammeTerms
from svc_reward.store.draws import read_draw
from svc_reward.store.referral_programmes import insert_programme


async def create_programme(unit: UnitOfWork, *, identity: Identity, terms: ProgrammeTerms, at: datetime) -> Programme:
    """Raises PermissionRefused ROLE_MISSING, NotFound DRAW_UNKNOWN, InvalidInput PROGRAMME_INVALID.

    A draw of lucky codes is one that everybody may enter for nothing: a code is earned, not bought.
    """
    require_role(identity, *MAKERS)
    if terms.draw_id:
        rule = found(await read_draw(unit, terms.draw_id)).rule
        if rule.ticket_price is not None or rule.eligibility is not None:
            raise InvalidInput(
                reason="PROGRAMME_INVALID",
                field="draw_id",
                detail="this draw sells its tickets or keeps them for who was subscribed; lucky codes need another",
            )
    return await insert_programme(unit, terms, made_by=identity.subject, at=at)
