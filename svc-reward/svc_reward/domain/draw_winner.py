"""Who won what, and the transfer that pays a point prize; it must not know whether the budget can bear it."""

from dataclasses import dataclass

from svc_reward.domain.account import budget_account, subscriber_account
from svc_reward.domain.posting import POSTED, REPLAYED, Outcome
from svc_reward.domain.transfer import Transfer, move


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """One award. ``payment`` of a point prize is PENDING, POSTED or why it was refused so far; else it is empty."""

    award: int
    prize: str
    subscriber_id: int
    token: bytes
    currency: str = ""
    amount: int = 0
    payment: str = ""

    def transfer(self, *, draw_id: str, campaign_id: str) -> Transfer:
        """Pays the points from the campaign's budget, ``draw:<draw>:<award>``: the same id however often it is made."""
        return move(
            f"draw:{draw_id}:{self.award}",
            source=budget_account(campaign_id, self.currency),
            target=subscriber_account(self.subscriber_id, self.currency),
            amount=self.amount,
            reason="draw prize",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One person's part in a draw: where the proof has it, by which token, with how many tickets, and what it won."""

    position: int
    token: bytes
    tickets: int
    wins: tuple[Winner, ...]


def payment_of(outcome: Outcome) -> str:
    """What a winner's payment is called after that outcome."""
    return POSTED if outcome.result == REPLAYED else outcome.result
