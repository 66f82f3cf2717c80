"""Undoes a booked transfer by a new one, whole and once; it must not undo a part."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import AccountName, expired_account
from svc_reward.domain.posting import REPLAYED, Outcome
from svc_reward.domain.reversal import reverse
from svc_reward.domain.transfer import Transfer, expire
from svc_reward.store.accounts import lock_standings, open_accounts
from svc_reward.store.history import find_transfer
from svc_reward.store.lots import list_open_lots, list_uses


async def reverse_transfer(unit: UnitOfWork, *, transfer_id: str, reason: str, clock: Clock) -> Outcome:
    """The reversal as it was booked.

    What the transfer took out of lots comes back in lots with the same ends, and expires at once where its time is
    over; the lot that the transfer made is what it gives back first. Raises NotFound TRANSFER_UNKNOWN, and StateRefused
    TRANSFER_REVERSED when it was undone before, REVERSAL_FINAL for a reversal, or the ledger's own reason, such as
    INSUFFICIENT_FUNDS when the points are spent.
    """
    found = await find_transfer(unit, transfer_id)
    if found is None:
        raise NotFound(
            reason="TRANSFER_UNKNOWN", field="transfer_id", detail=f"no transfer {transfer_id!r} stands in the ledger"
        )
    number, transfer = found
    reversal = reverse(transfer, number=number, reason=reason)
    gives_back = bool(await list_uses(unit, [number]))
    if gives_back:
        # Points may expire at once: all accounts of both bookings are locked together, in the ledger's order.
        target = expired_account(transfer.currency)
        await open_accounts(unit, [target], now=clock.now())
        await lock_standings(unit, [*(leg.account for leg in transfer.legs), target])
    (outcome,) = await post_transfers(unit, [reversal], clock=clock)
    if outcome.result == REPLAYED:
        raise StateRefused(
            reason="TRANSFER_REVERSED",
            field="transfer_id",
            detail=f"this was undone before, by transfer {outcome.number}; nothing is undone twice",
        )
    if not outcome.stands:
        raise StateRefused(reason=outcome.result, field="transfer_id", detail=outcome.detail)
    if gives_back:
        await _expire_overdue(unit, reversal, number=outcome.number, clock=clock)
    return outcome


async def _expire_overdue(unit: UnitOfWork, reversal: Transfer, *, number: int, clock: Clock) -> None:
    """Takes back what came back with its time over."""
    names: dict[int, AccountName] = {
        standing.account: name
        for name, standing in (await lock_standings(unit, [leg.account for leg in reversal.legs])).items()
        if standing.lots
    }
    lots = await list_open_lots(unit, list(names), []) if names else []
    overdue = [
        expire(lot.id, source=names[lot.account], target=expired_account(reversal.currency), amount=lot.remaining)
        for lot in lots
        if lot.transfer == number and lot.expires_at <= clock.now()
    ]
    if overdue:
        await post_transfers(unit, overdue, clock=clock)
