"""Gives an approved campaign its reward budget, from issuance; it must not fund a campaign twice."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import budget_account, issuance_account
from svc_reward.domain.posting import Outcome
from svc_reward.domain.transfer import move
from svc_reward.store.accounts import open_accounts


async def fund_campaign(unit: UnitOfWork, *, campaign_id: str, currency: str, amount: int, clock: Clock) -> Outcome:
    """Books the whole budget in one transfer, ``fund:<campaign>``. Raises InvalidInput for what can't be an account."""
    issuance, budget = issuance_account(currency), budget_account(campaign_id, currency)
    transfer = move(f"fund:{campaign_id}", source=issuance, target=budget, amount=amount, reason="campaign approved")
    await open_accounts(unit, [issuance, budget], now=clock.now())
    (outcome,) = await post_transfers(unit, [transfer], clock=clock)
    return outcome
