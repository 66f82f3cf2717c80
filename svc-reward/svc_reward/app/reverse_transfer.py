"""Undoes a booked transfer by a new one, whole and once; it must not undo a part."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.posting import REPLAYED, Outcome
from svc_reward.domain.reversal import reverse
from svc_reward.store.history import find_transfer


async def reverse_transfer(unit: UnitOfWork, *, transfer_id: str, reason: str, clock: Clock) -> Outcome:
    """The reversal as it was booked.

    Raises NotFound TRANSFER_UNKNOWN, and StateRefused TRANSFER_REVERSED when it was undone before, REVERSAL_FINAL for
    a reversal, or the ledger's own reason, such as INSUFFICIENT_FUNDS when the points are spent.
    """
    transfer = await find_transfer(unit, transfer_id)
    if transfer is None:
        raise NotFound(
            reason="TRANSFER_UNKNOWN", field="transfer_id", detail=f"no transfer {transfer_id!r} stands in the ledger"
        )
    (outcome,) = await post_transfers(unit, [reverse(transfer, reason=reason)], clock=clock)
    if outcome.result == REPLAYED:
        raise StateRefused(
            reason="TRANSFER_REVERSED",
            field="transfer_id",
            detail=f"this was undone before, by transfer {outcome.number}; nothing is undone twice",
        )
    if not outcome.stands:
        raise StateRefused(reason=outcome.result, field="transfer_id", detail=outcome.detail)
    return outcome
