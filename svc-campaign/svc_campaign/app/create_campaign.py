"""Creates a campaign as a draft of its maker's branch."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign, draft_campaign
from svc_campaign.domain.plan import CampaignPlan
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import insert_campaign


async def create_campaign(
    unit: UnitOfWork, *, campaign_id: UUID, plan: CampaignPlan, actor: Actor, at: datetime
) -> Campaign:
    """Keeps a new draft. Raises PermissionRefused for who may not make campaigns (CMP-35)."""
    campaign = draft_campaign(campaign_id=campaign_id, plan=plan, actor=actor, at=at)
    async with held_to_branch(unit, actor):
        await insert_campaign(unit, campaign)
    return campaign
