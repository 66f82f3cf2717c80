"""Takes back points whose time is over, each lot by a transfer of its own, once; what is held waits for its hold."""

from datetime import UTC, datetime

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.plans import prefer_indexes
from svc_reward.app.post_transfers import MAX_BATCH, post_locked
from svc_reward.domain.account import expired_account
from svc_reward.domain.transfer import expire
from svc_reward.store.accounts import lock_standings, open_accounts
from svc_reward.store.lots import list_due_lots, list_open_lots

Place = tuple[datetime, int]
BEGINNING: Place = (datetime(1970, 1, 1, tzinfo=UTC), 0)


async def expire_lots(
    unit: UnitOfWork, *, clock: Clock, after: Place = BEGINNING, limit: int = MAX_BATCH
) -> Place | None:
    """Expires at most ``limit`` lots behind that place, in the order of their ends; where to go on, None at the end.

    A batch that was lost is found again: nothing but the lots themselves says what is done.
    """
    await prefer_indexes(unit)
    due = await list_due_lots(unit, now=clock.now(), after=after, limit=limit)
    if not due:
        return None
    targets = {lot.account.currency: expired_account(lot.account.currency) for lot in due}
    names = list(dict.fromkeys([*(lot.account for lot in due), *targets.values()]))
    standings = await lock_standings(unit, names)
    if len(standings) < len(names):
        await open_accounts(unit, list(targets.values()), now=clock.now())
        standings = await lock_standings(unit, names)
    # Read under the locks: what was spent while the accounts were waited for is gone from the lots.
    open_lots = {lot.id: lot for lot in await list_open_lots(unit, [], [lot.id for lot in due])}
    transfers = [
        expire(lot.id, source=lot.account, target=targets[lot.account.currency], amount=open_lots[lot.id].remaining)
        for lot in due
        if lot.id in open_lots
    ]
    if transfers:
        await post_locked(unit, transfers, standings=standings, open_lots=list(open_lots.values()), clock=clock)
    return due[-1].expires_at, due[-1].id
