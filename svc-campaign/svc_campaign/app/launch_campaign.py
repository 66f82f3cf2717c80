"""Opens a campaign's response window and asks for the job that books and sends; sends nothing itself."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.jobs import enqueue
from svc_campaign.app.job_payload import JobPayload
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.campaigns import get_campaign, update_campaign
from svc_campaign.store.launch_batches import pin_arms

LAUNCH_JOB = "launch_campaign"


async def launch_campaign(
    unit: UnitOfWork,
    *,
    campaign_id: UUID,
    actor: Actor,
    at: datetime,
    traceparent: str,
    versions: Mapping[int, int],
) -> Campaign:
    """Approved to launching, with the job in the same transaction; the job goes on with the caller's trace.

    ``versions`` are those of the arms' segments that were checked, by the arm's place: the job books these alone.
    """
    async with held_to_branch(unit, actor):
        campaign = (await get_campaign(unit, campaign_id, for_update=True)).launch(actor, at)
        await update_campaign(unit, campaign)
    await pin_arms(unit, campaign_id, versions)
    payload = JobPayload(campaign_id=campaign_id, traceparent=traceparent)
    await enqueue(unit, LAUNCH_JOB, payload.to_bytes(), key=f"{LAUNCH_JOB}:{campaign_id}")
    return campaign
