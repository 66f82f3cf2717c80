"""The reward that a campaign owes to subscribers, and the transfers it comes to; it must not know balances."""

from collections.abc import Iterable
from dataclasses import dataclass

from svc_reward.domain.account import AccountName, budget_account, subscriber_account
from svc_reward.domain.posting import POSTED, REPLAYED, Outcome
from svc_reward.domain.transfer import Transfer, move


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """``amount`` units for each of the subscribers, from the campaign's budget."""

    campaign_id: str
    currency: str
    amount: int
    subscriber_ids: tuple[int, ...]

    @property
    def budget(self) -> AccountName:
        """The account that pays."""
        return budget_account(self.campaign_id, self.currency)

    def transfer_for(self, subscriber_id: int) -> Transfer:
        """The transfer that pays one subscriber, with the same id however often it is asked for.

        Raises InvalidInput when the campaign, the currency, the amount or the subscriber can't be.
        """
        return move(
            f"{self.campaign_id}:{subscriber_id}",
            source=self.budget,
            target=subscriber_account(subscriber_id, self.currency),
            amount=self.amount,
            reason="campaign reward",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantResult:
    """Who was paid now and who could not be, by reason. Who had been paid before is in neither."""

    granted: tuple[int, ...]
    refused: dict[str, tuple[int, ...]]


def sort_outcomes(subscriber_ids: Iterable[int], outcomes: Iterable[Outcome]) -> GrantResult:
    """Tells the paid from the refused; both inputs are in the same order."""
    granted: list[int] = []
    refused: dict[str, list[int]] = {}
    for subscriber_id, outcome in zip(subscriber_ids, outcomes, strict=True):
        if outcome.result == POSTED:
            granted.append(subscriber_id)
        elif outcome.result != REPLAYED:
            refused.setdefault(outcome.result, []).append(subscriber_id)
    return GrantResult(granted=tuple(granted), refused={reason: tuple(ids) for reason, ids in refused.items()})
