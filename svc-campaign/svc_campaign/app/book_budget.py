"""Books how much of a campaign's reward budget is spent, as svc-reward tells it; it must not compute that."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.store.campaigns import record_budget


async def book_budget(unit: UnitOfWork, *, campaign_id: UUID, currency: str, percent: int) -> bool:
    """Keeps the highest mark told (80 or 100 %); False where the plan has no reward in that currency."""
    return await record_budget(unit, campaign_id, currency=currency, percent=percent)
