"""Opens a campaign's response window and asks for the job that books and sends; sends nothing itself."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.jobs import enqueue
from svc_campaign.app.job_payload import JobPayload
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import get_campaign, update_campaign

LAUNCH_JOB = "launch_campaign"


async def launch_campaign(
    unit: UnitOfWork, *, campaign_id: UUID, actor: Actor, at: datetime, traceparent: str
) -> Campaign:
    """Approved to launching, with the job in the same transaction; the job goes on with the caller's trace."""
    async with held_to_branch(unit, actor):
        campaign = (await get_campaign(unit, campaign_id, for_update=True)).launch(actor, at)
        await update_campaign(unit, campaign)
    payload = JobPayload(campaign_id=campaign_id, traceparent=traceparent)
    await enqueue(unit, LAUNCH_JOB, payload.to_bytes(), key=f"{LAUNCH_JOB}:{campaign_id}")
    return campaign
