"""Opens what accounts are missing and books transfers that must all stand; it must not leave some of them out."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.post_transfers import MAX_BATCH, post_transfers
from svc_reward.domain.transfer import Transfer, accounts_of
from svc_reward.store.accounts import lock_standings, open_accounts


async def book_transfers(unit: UnitOfWork, transfers: Sequence[Transfer], *, clock: Clock) -> None:
    """Raises StateRefused LEDGER_REFUSED with the ledger's reason; the whole unit of work is then undone.

    All accounts are locked at once, in the ledger's order: batch by batch two runs could wait for one another in a
    ring. So call it once a unit of work, after all other row locks.
    """
    accounts = accounts_of(transfers)
    await open_accounts(unit, accounts, now=clock.now())
    await lock_standings(unit, accounts)
    for start in range(0, len(transfers), MAX_BATCH):
        for outcome in await post_transfers(unit, transfers[start : start + MAX_BATCH], clock=clock):
            if not outcome.stands:
                raise StateRefused(
                    reason="LEDGER_REFUSED",
                    detail=f"{outcome.transfer_id} can't be booked: {outcome.result} {outcome.detail}",
                )
