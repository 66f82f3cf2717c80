"""Opens what accounts are missing and books transfers that must all stand; it must not leave some of them out."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.post_transfers import post_batches
from svc_reward.domain.transfer import Transfer, accounts_of
from svc_reward.store.accounts import open_accounts


async def book_transfers(unit: UnitOfWork, transfers: Sequence[Transfer], *, clock: Clock) -> None:
    """Raises StateRefused LEDGER_REFUSED with the ledger's reason; the whole unit of work is then undone.

    All accounts are locked at once, in the ledger's order. So call it once a unit of work, after all other row locks.
    """
    await open_accounts(unit, accounts_of(transfers), now=clock.now())
    for outcome in await post_batches(unit, transfers, clock=clock):
        if not outcome.stands:
            raise StateRefused(
                reason="LEDGER_REFUSED",
                detail=f"{outcome.transfer_id} can't be booked: {outcome.result} {outcome.detail}",
            )
