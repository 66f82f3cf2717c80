"""Hands an item over, or orders its recharge (RWD-02); it must not ask the recharge system itself."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, StateRefused
from carillon_chassis.identity import Identity
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.end_redemption import fulfil_redemption
from svc_reward.app.fulfilment_access import lock_own_item
from svc_reward.app.get_redemption import require_redemption
from svc_reward.domain.fulfilment import Fulfilment, FulfilmentKind, Step
from svc_reward.domain.fulfilment_booking import book_ordered
from svc_reward.domain.redemption import RedemptionState
from svc_reward.store.fulfilments import save_item
from svc_reward.store.recharge_orders import add_order

# The source of an item that a redemption in the shop has brought.
REDEMPTION_PREFIX = "redemption:"


async def complete_fulfilment(
    unit: UnitOfWork, item_id: UUID, *, reference: str, identity: Identity, clock: Clock, can_recharge: bool
) -> Fulfilment:
    """The item after it: completed with its reference, or ``paying`` while its recharge is under way.

    A redemption is handed over with it. Raises NotFound FULFILMENT_UNKNOWN, PermissionRefused CITY_FOREIGN, StateRefused
    FULFILMENT_STATE, REDEMPTION_STATE, RECHARGE_NOT_CONFIGURED or LEDGER_REFUSED, InvalidInput REFERENCE_MISSING or
    REFERENCE_UNWANTED.
    """
    item = await lock_own_item(unit, item_id, identity=identity)
    if item.kind is FulfilmentKind.PHONE_CREDIT:
        if reference:
            raise InvalidInput(
                reason="REFERENCE_UNWANTED", field="reference", detail="the recharge gives phone credit its reference"
            )
        return await _order(unit, item, identity=identity, clock=clock, can_recharge=can_recharge)
    completed = item.hand_over(reference=reference, at=clock.now())
    redemption_id = redemption_of(item)
    if redemption_id is not None:
        await fulfil_redemption(unit, redemption_id, clock=clock)
    await save_item(unit, completed, step=Step.HAND_OVER, by=identity.subject, note=reference)
    return completed


async def _order(
    unit: UnitOfWork, item: Fulfilment, *, identity: Identity, clock: Clock, can_recharge: bool
) -> Fulfilment:
    """Takes the money first, so that what the recharge pays can always be booked."""
    ordered = item.order(at=clock.now())
    if not can_recharge:
        raise StateRefused(
            reason="RECHARGE_NOT_CONFIGURED",
            field="id",
            detail="no recharge system is set up, so it stays verified; set CARILLON_REWARD_RECHARGE_URL and its secret",
        )
    redemption_id = redemption_of(item)
    if redemption_id is not None:
        redemption = await require_redemption(unit, redemption_id, lock=True)
        # From here on cancelling it finds the item on its way; whether it may be handed over it says itself.
        redemption.end(RedemptionState.FULFILLED, clock.now())
    await save_item(unit, ordered, step=Step.ORDER, by=identity.subject, note="")
    await add_order(unit, ordered)
    await book_transfers(unit, [book_ordered(ordered)], clock=clock)
    return ordered


def redemption_of(item: Fulfilment) -> UUID | None:
    """The redemption that an item hands over, if it does."""
    return UUID(item.source.removeprefix(REDEMPTION_PREFIX)) if item.source.startswith(REDEMPTION_PREFIX) else None
