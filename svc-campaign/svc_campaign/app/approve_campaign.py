"""Lets a submitted campaign run, by somebody else than its makers (A-25)."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import get_campaign, update_campaign


async def approve_campaign(unit: UnitOfWork, *, campaign_id: UUID, actor: Actor) -> Campaign:
    """Submitted to approved. Raises PermissionRefused MAKER_IS_CHECKER for a campaign's maker or submitter."""
    async with held_to_branch(unit, actor):
        campaign = (await get_campaign(unit, campaign_id, for_update=True)).approve(actor)
        await update_campaign(unit, campaign)
    return campaign
