"""Writes an approved run's pay-out file, the same bytes every time; it must not give a file that nobody approved."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity
from svc_reward.app.get_settlement import get_settlement
from svc_reward.domain.csv_file import file_hash
from svc_reward.domain.settlement import SettlementState, write_file
from svc_reward.store.settlements import list_items

FILED = (SettlementState.APPROVED, SettlementState.PAID)


async def read_settlement_file(unit: UnitOfWork, *, identity: Identity, settlement_id: UUID) -> bytes:
    """CSV, UTF-8. Raises StateRefused SETTLEMENT_STATE or FILE_CHANGED, NotFound, PermissionRefused."""
    settlement = await get_settlement(unit, identity=identity, settlement_id=settlement_id)
    if settlement.state not in FILED:
        raise StateRefused(
            reason="SETTLEMENT_STATE",
            detail=f"a settlement that is {settlement.state} has no pay-out file; it takes an approval",
            metadata={"from": settlement.state, "to": SettlementState.APPROVED},
        )
    content = write_file(settlement.id, settlement.period, await list_items(unit, settlement_id))
    if file_hash(content) != settlement.file_sha256:
        raise StateRefused(
            reason="FILE_CHANGED", detail="the items are not those that were approved; pay nothing and tell the auditor"
        )
    return content
