"""Reports what a campaign brought, arm by arm, against the hold-out (CMP-01's effect evaluation)."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import READERS, Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.report import ArmReport, report_arms
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import get_campaign
from svc_campaign.store.outcomes import sum_up


async def get_report(unit: UnitOfWork, *, campaign_id: UUID, actor: Actor) -> tuple[Campaign, list[ArmReport]]:
    """The hold-out first, then the plan's order. Raises NotFound CAMPAIGN_UNKNOWN, also for another branch's."""
    actor.must_be_one_of(READERS, to_do="see reports")
    async with held_to_branch(unit, actor):
        campaign = await get_campaign(unit, campaign_id)
    return campaign, report_arms(campaign.plan, await sum_up(unit, campaign_id))
