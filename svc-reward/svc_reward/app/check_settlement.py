"""Approves a run, which makes it payable, or rejects it, which lets its lines go; never by the run's maker."""

from dataclasses import replace
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.commission_access import CHECKERS
from svc_reward.app.get_settlement import unknown_settlement
from svc_reward.domain.commission_booking import book_settled
from svc_reward.domain.settlement import Settlement, SettlementState
from svc_reward.store import settlements


async def check_settlement(
    unit: UnitOfWork, *, identity: Identity, settlement_id: UUID, verdict: SettlementState, clock: Clock
) -> Settlement:
    """The run after APPROVED or REJECTED; the row lock lets one of two checkers through.

    Raises NotFound SETTLEMENT_UNKNOWN, StateRefused SETTLEMENT_STATE, PermissionRefused MAKER_IS_CHECKER, ROLE_MISSING.
    """
    require_role(identity, *CHECKERS)
    settlement = await settlements.find_settlement(unit, settlement_id, for_change=True)
    if settlement is None:
        raise unknown_settlement(settlement_id)
    settlement.check_move(verdict, by=identity.subject)
    now = clock.now()
    await settlements.check_settlement(unit, settlement_id, state=verdict, by=identity.subject, at=now)
    items = await settlements.list_items(unit, settlement_id)
    if verdict is SettlementState.APPROVED:
        transfers = [
            book_settled(
                str(settlement_id),
                item.affiliate_id,
                item.kind,
                gross_fen=item.gross_fen,
                deducted_fen=item.deducted_fen,
            )
            for item in items
        ]
        await book_transfers(unit, transfers, clock=clock)
    else:
        await settlements.release_lines(unit, settlement_id, [item.affiliate_id for item in items])
    return replace(settlement, state=verdict, checked_by=identity.subject, checked_at=now)
