"""Closes a campaign when its response window has closed; facts that come late from inside the window still count."""

from datetime import datetime, timedelta
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.state import CampaignState
from svc_campaign.store.campaigns import get_campaign, update_campaign


async def complete_campaign(unit: UnitOfWork, *, campaign_id: UUID, at: datetime) -> timedelta | None:
    """Running to completed; answers how long is left when it is too early, None when there is nothing left to do."""
    campaign = await get_campaign(unit, campaign_id, for_update=True)
    if campaign.state is not CampaignState.RUNNING or campaign.window is None:
        return None
    if at < campaign.window.closes_at:
        return campaign.window.closes_at - at
    await update_campaign(unit, campaign.complete())
    return None
