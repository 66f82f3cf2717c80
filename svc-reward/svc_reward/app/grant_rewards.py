"""Pays earned rewards from a campaign's budget; it must not pay a subscriber twice for one campaign (RWD-23)."""

from collections.abc import Collection

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_reward.app.end_lives import LIFE_ENDED
from svc_reward.app.post_transfers import post_batches
from svc_reward.domain.account import AccountKind
from svc_reward.domain.grant import Grant
from svc_reward.domain.posting import Outcome, refused
from svc_reward.domain.transfer import Transfer, accounts_of
from svc_reward.store.accounts import open_accounts
from svc_reward.store.ended_lives import ended_among


async def grant_rewards(unit: UnitOfWork, grant: Grant, *, clock: Clock) -> list[Outcome]:
    """Opens the subscribers' accounts where they are missing and pays in the order given, as far as the budget goes.

    One outcome for each subscriber, in their order; each is paid in full or not at all, and who can never be paid
    keeps nobody else from it.
    """
    ended = await ended_among(unit, grant.subscriber_ids)
    batch = [_transfer_or_refusal(grant, subscriber_id, ended) for subscriber_id in grant.subscriber_ids]
    transfers = [item for item in batch if isinstance(item, Transfer)]
    accounts = [account for account in accounts_of(transfers) if account.kind is AccountKind.SUBSCRIBER]
    await open_accounts(unit, accounts, now=clock.now())
    return await post_batches(unit, batch, clock=clock)


def _transfer_or_refusal(grant: Grant, subscriber_id: int, ended: Collection[int]) -> Transfer | Outcome:
    if subscriber_id in ended:
        return Outcome(
            transfer_id=f"{grant.campaign_id}:{subscriber_id}",
            result=LIFE_ENDED,
            detail="the life of this subscriber ended",
        )
    try:
        return grant.transfer_for(subscriber_id)
    except InvalidInput as error:
        return refused(f"{grant.campaign_id}:{subscriber_id}", error)
