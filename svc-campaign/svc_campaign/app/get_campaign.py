"""Shows one campaign with its progress."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import READERS, Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.progress import LaunchProgress
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import get_campaign as find_campaign
from svc_campaign.store.launch_batches import launch_progress


async def get_campaign(unit: UnitOfWork, *, campaign_id: UUID, actor: Actor) -> tuple[Campaign, LaunchProgress]:
    """The campaign as it stands. Raises NotFound CAMPAIGN_UNKNOWN, also for another branch's."""
    actor.must_be_one_of(READERS, to_do="see campaigns")
    async with held_to_branch(unit, actor):
        campaign = await find_campaign(unit, campaign_id)
    return campaign, await launch_progress(unit, campaign_id)
