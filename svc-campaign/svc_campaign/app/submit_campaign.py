"""Hands a draft in for approval (CMP-35)."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import get_campaign, update_campaign


async def submit_campaign(unit: UnitOfWork, *, campaign_id: UUID, actor: Actor) -> Campaign:
    """Draft to submitted; its references have been checked before, outside the transaction."""
    async with held_to_branch(unit, actor):
        campaign = (await get_campaign(unit, campaign_id, for_update=True)).submit(actor)
        await update_campaign(unit, campaign)
    return campaign
