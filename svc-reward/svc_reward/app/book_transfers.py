"""Opens what accounts are missing and books transfers that must all stand; it must not leave some of them out."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.post_transfers import MAX_BATCH, post_transfers
from svc_reward.domain.transfer import Transfer, accounts_of
from svc_reward.store.accounts import open_accounts


async def book_transfers(unit: UnitOfWork, transfers: Sequence[Transfer], *, clock: Clock) -> None:
    """Raises StateRefused LEDGER_REFUSED with the ledger's reason; the whole unit of work is then undone."""
    for start in range(0, len(transfers), MAX_BATCH):
        batch = transfers[start : start + MAX_BATCH]
        await open_accounts(unit, accounts_of(batch), now=clock.now())
        for outcome in await post_transfers(unit, batch, clock=clock):
            if not outcome.stands:
                raise StateRefused(
                    reason="LEDGER_REFUSED",
                    detail=f"{outcome.transfer_id} can't be booked: {outcome.result} {outcome.detail}",
                )
