"""Says how far the messages of a campaign are; changes nothing."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.progress import Progress
from svc_channel.store.messages import count_messages


async def get_progress(unit: UnitOfWork, campaign_id: UUID) -> Progress:
    """Counts by state; all zero for a campaign that never sent anything."""
    return await count_messages(unit, campaign_id)
