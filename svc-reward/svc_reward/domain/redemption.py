"""A redemption and the steps of its life, and the transfers that belong to them; it must not book anything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.account import redeemed_account, subscriber_account
from svc_reward.domain.membership import MemberTier
from svc_reward.domain.prize import MAX_QUANTITY, Prize
from svc_reward.domain.transfer import Transfer, move


class RedemptionState(StrEnum):
    """Where a redemption stands."""

    BOOKED = "booked"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


# What was handed over can't be taken back, and what was taken back is a new redemption.
TRANSITIONS: Mapping[RedemptionState, frozenset[RedemptionState]] = MappingProxyType(
    {
        RedemptionState.BOOKED: frozenset({RedemptionState.FULFILLED, RedemptionState.CANCELLED}),
        RedemptionState.FULFILLED: frozenset(),
        RedemptionState.CANCELLED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """``quantity`` pieces of a prize for ``price`` points each, as it was that day. Raises InvalidInput QUANTITY_INVALID."""

    id: UUID
    subscriber_id: int
    prize: str
    quantity: int
    currency: str
    price: int
    state: RedemptionState
    booked_at: datetime
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.quantity <= MAX_QUANTITY:
            raise InvalidInput(
                reason="QUANTITY_INVALID", field="quantity", detail=f"redeem 1 to {MAX_QUANTITY} pieces at once"
            )

    @property
    def points(self) -> int:
        """What all pieces cost together."""
        return self.price * self.quantity

    @property
    def payment(self) -> Transfer:
        """Subscriber to redeemed, under an id that books once."""
        return move(
            f"redeem:{self.id}",
            source=subscriber_account(self.subscriber_id, self.currency),
            target=redeemed_account(self.currency),
            amount=self.points,
            reason=f"redeemed for {self.prize}",
        )

    def end(self, wanted: RedemptionState, at: datetime) -> "Redemption":
        """Fulfilled or cancelled. Raises StateRefused REDEMPTION_STATE, which names both states."""
        if wanted not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="REDEMPTION_STATE",
                field="id",
                detail=f"a redemption that is {self.state} can't become {wanted}",
                metadata={"from": self.state, "to": wanted},
            )
        return replace(self, state=wanted, ended_at=at)


def book_redemption(
    prize: Prize, *, redemption_id: UUID, subscriber_id: int, quantity: int, tier: MemberTier, at: datetime
) -> Redemption:
    """A new redemption. Raises StateRefused PRIZE_NOT_VALID or MEMBERSHIP_REQUIRED, InvalidInput QUANTITY_INVALID."""
    prize.require_redeemable(tier, at)
    return Redemption(
        id=redemption_id,
        subscriber_id=subscriber_id,
        prize=prize.code,
        quantity=quantity,
        currency=prize.currency,
        price=prize.price,
        state=RedemptionState.BOOKED,
        booked_at=at,
    )
