"""Pays earned rewards from a campaign's budget; it must not pay a subscriber twice for one campaign (RWD-23)."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.post_transfers import MAX_BATCH, post_transfers
from svc_reward.domain.grant import Grant
from svc_reward.domain.posting import Outcome
from svc_reward.domain.transfer import accounts_of
from svc_reward.store.accounts import open_accounts


async def grant_rewards(unit: UnitOfWork, grant: Grant, *, clock: Clock) -> list[Outcome]:
    """Opens the subscribers' accounts where they are missing and pays in the order given, as far as the budget goes.

    One outcome for each subscriber, in their order; each is paid in full or not at all. Raises InvalidInput, before
    anything is booked, for a grant that can never be paid.
    """
    transfers = [grant.transfer_for(subscriber_id) for subscriber_id in grant.subscriber_ids]
    accounts = [account for account in accounts_of(transfers) if account != grant.budget]
    outcomes: list[Outcome] = []
    await open_accounts(unit, accounts, now=clock.now())
    for start in range(0, len(transfers), MAX_BATCH):
        outcomes += await post_transfers(unit, transfers[start : start + MAX_BATCH], clock=clock)
    return outcomes
