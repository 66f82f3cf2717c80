"""Books that the bank has paid a run's file; it must not book it twice."""

from dataclasses import replace
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.commission_access import MAKERS
from svc_reward.app.get_settlement import unknown_settlement
from svc_reward.domain.commission_booking import book_paid
from svc_reward.domain.settlement import Settlement, SettlementState
from svc_reward.store import settlements


async def pay_settlement(unit: UnitOfWork, *, identity: Identity, settlement_id: UUID, clock: Clock) -> Settlement:
    """Raises NotFound SETTLEMENT_UNKNOWN, StateRefused SETTLEMENT_STATE, PermissionRefused ROLE_MISSING."""
    require_role(identity, *MAKERS)
    settlement = await settlements.find_settlement(unit, settlement_id, for_change=True)
    if settlement is None:
        raise unknown_settlement(settlement_id)
    settlement.check_move(SettlementState.PAID, by=identity.subject)
    now = clock.now()
    await settlements.pay_settlement(unit, settlement_id, by=identity.subject, at=now)
    transfers = [
        book_paid(str(settlement_id), item.affiliate_id, item.net_fen)
        for item in await settlements.list_items(unit, settlement_id)
    ]
    await book_transfers(unit, transfers, clock=clock)
    return replace(settlement, state=SettlementState.PAID, paid_by=identity.subject, paid_at=now)
