"""Books payments of which one side may be a campaign's budget; it must not open a budget, which only funding does."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import AccountKind
from svc_reward.domain.transfer import Transfer, accounts_of
from svc_reward.store.accounts import open_accounts


async def pay_from_budget(unit: UnitOfWork, payments: Sequence[Transfer], *, field: str, clock: Clock) -> None:
    """Opens the other accounts that are missing, and books.

    Raises StateRefused of ``field`` with the ledger's reason (INSUFFICIENT_FUNDS, ACCOUNT_UNKNOWN); the whole unit of
    work, or its savepoint, must go with it.
    """
    accounts = [one for one in accounts_of(payments) if one.kind is not AccountKind.CAMPAIGN_BUDGET]
    await open_accounts(unit, accounts, now=clock.now())
    for outcome in await post_transfers(unit, payments, clock=clock):
        if not outcome.stands:
            raise StateRefused(reason=outcome.result, field=field, detail=outcome.detail)
