"""Books a batch of transfers in one transaction; it must not hold the accounts while it waits for anything else."""

from collections.abc import Mapping, Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.outbox import tell
from carillon_chassis.plans import prefer_indexes
from svc_reward.app.facts import render_level
from svc_reward.domain.account import AccountName
from svc_reward.domain.lot import Lot, move_lots
from svc_reward.domain.posting import Outcome, Standing, decide
from svc_reward.domain.transfer import Transfer, accounts_of
from svc_reward.store.accounts import lock_standings
from svc_reward.store.lots import keep_lots, list_open_lots, list_uses
from svc_reward.store.transfers import book, find_booked, keep_levels

# What one transaction books at most: it holds every touched account, a hot budget's too, until it has committed.
MAX_BATCH = 2000


async def post_transfers(unit: UnitOfWork, batch: Sequence[Transfer | Outcome], *, clock: Clock) -> list[Outcome]:
    """One outcome for each of the batch, in its order: POSTED, REPLAYED, or the reason why nothing of it was booked.

    Each transfer is booked whole or not at all, once for ever by its id. Whatever the size of the batch, the number of
    statements is the same; points that expire add two, a budget that is given more or told of adds one. A campaign
    hears in the same transaction, once for each, when 80 % and when all of its budget are spent. An Outcome in the
    batch is one that was decided before, and stays as it is.
    """
    transfers = _transfers_of(batch)
    if not transfers:
        return [item for item in batch if isinstance(item, Outcome)]
    await prefer_indexes(unit)
    standings = await lock_standings(unit, accounts_of(transfers))
    open_lots = await _list_lots(unit, transfers, standings)
    return await post_locked(unit, batch, standings=standings, open_lots=open_lots, clock=clock)


async def post_batches(unit: UnitOfWork, batch: Sequence[Transfer | Outcome], *, clock: Clock) -> list[Outcome]:
    """The same for any number of transfers in one transaction.

    All accounts of several batches are locked at once, in the ledger's order: batch by batch two callers could wait for
    one another in a ring.
    """
    if len(batch) > MAX_BATCH:
        await lock_standings(unit, accounts_of(_transfers_of(batch)))
    outcomes: list[Outcome] = []
    for start in range(0, len(batch), MAX_BATCH):
        outcomes += await post_transfers(unit, batch[start : start + MAX_BATCH], clock=clock)
    return outcomes


async def post_locked(
    unit: UnitOfWork,
    batch: Sequence[Transfer | Outcome],
    *,
    standings: Mapping[AccountName, Standing],
    open_lots: Sequence[Lot],
    clock: Clock,
) -> list[Outcome]:
    """The same for who has locked every account of the batch in this transaction and knows what lots it may take from."""
    transfers = _transfers_of(batch)
    booked, numbers = await find_booked(unit, [transfer.transfer_id for transfer in transfers])
    decision = decide(batch, standings=standings, booked=booked, numbers=numbers, now=clock.now())
    if decision.transfers:
        await book(unit, decision)
        undoes = [transfer.undoes for transfer in transfers if transfer.undoes]
        undone = await list_uses(unit, undoes) if undoes else []
        if open_lots or undone or any(transfer.expires_at for transfer in transfers):
            await keep_lots(
                unit, move_lots(decision.transfers, standings=standings, open_lots=open_lots, undone=undone)
            )
    if decision.budgets:
        await keep_levels(unit, decision.budgets)
    for level in decision.reached:
        await tell(unit, render_level(level), occurred_at=decision.booked_at)
    return decision.outcomes


def _transfers_of(batch: Sequence[Transfer | Outcome]) -> list[Transfer]:
    return [item for item in batch if isinstance(item, Transfer)]


async def _list_lots(
    unit: UnitOfWork, transfers: Sequence[Transfer], standings: Mapping[AccountName, Standing]
) -> list[Lot]:
    """The lots that the transfers may take from; an account that has none is not asked for."""
    accounts: list[int] = []
    if any(standing.lots for standing in standings.values()):
        spenders = {
            leg.account
            for transfer in transfers
            if not transfer.expiring_lot
            for leg in transfer.legs
            if leg.amount < 0
        }
        accounts = [standing.account for name, standing in standings.items() if standing.lots and name in spenders]
    expiring = [transfer.expiring_lot for transfer in transfers if transfer.expiring_lot]
    return await list_open_lots(unit, accounts, expiring) if accounts or expiring else []
