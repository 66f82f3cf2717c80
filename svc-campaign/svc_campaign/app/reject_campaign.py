"""Refuses a submitted campaign, with the reason its makers read."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import get_campaign, update_campaign


async def reject_campaign(unit: UnitOfWork, *, campaign_id: UUID, reason: str, actor: Actor) -> Campaign:
    """Submitted to rejected. Raises PermissionRefused MAKER_IS_CHECKER for a campaign's maker or submitter."""
    async with held_to_branch(unit, actor):
        campaign = (await get_campaign(unit, campaign_id, for_update=True)).reject(actor, reason)
        await update_campaign(unit, campaign)
    return campaign
