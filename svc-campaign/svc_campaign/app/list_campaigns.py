"""Lists the campaigns that an actor may see, the newest first."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.actor import READERS, Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.progress import LaunchProgress
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import page_campaigns
from svc_campaign.store.launch_batches import launch_progress


async def list_campaigns(
    unit: UnitOfWork, *, name: str, before: tuple[datetime, UUID] | None, limit: int, actor: Actor
) -> list[tuple[Campaign, LaunchProgress]]:
    """At most `limit` campaigns made before the one named by `before`; an empty name takes all."""
    actor.must_be_one_of(READERS, to_do="see campaigns")
    async with held_to_branch(unit, actor):
        campaigns = await page_campaigns(unit, name=name, before=before, limit=limit)
    return [(campaign, await launch_progress(unit, campaign.id)) for campaign in campaigns]
