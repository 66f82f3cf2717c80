"""What an order is and how its state may move; it must not know who asks or where orders are kept."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from carillon_chassis.errors import InvalidInput, StateRefused

# One order above a billion yuan is a slip of the keyboard; the .proto refuses it in the same place.
AMOUNT_LIMIT_FEN = 100_000_000_000


class OrderState(StrEnum):
    """Where an order stands."""

    PENDING_CONFIRMATION = "pending_confirmation"
    ACTIVE = "active"
    CANCELLED = "cancelled"


# Every order needs the customer's confirmation (QGV-09). An active order is history: what the customer has is the
# subscription, and that is ended, not the order.
TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING_CONFIRMATION: frozenset({OrderState.ACTIVE, OrderState.CANCELLED}),
    OrderState.ACTIVE: frozenset(),
    OrderState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSource:
    """Where an order came from, so that handlings can be attributed (RWD-27); empty means not told.

    ``touchpoint`` is a channel's code, ``outlet`` the code of a registered outlet of it, such as a KTV (CHN-37).
    """

    touchpoint: str = ""
    campaign_id: str = ""
    affiliate_id: str = ""
    staff_id: str = ""
    decision_id: str = ""
    outlet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A subscriber's order for one service; times are aware UTC, `branch` is the placing client's, empty for the province."""

    id: UUID
    subscriber_id: int
    service: str
    plan: str
    amount_fen: int
    source: OrderSource
    branch: str
    state: OrderState
    placed_at: datetime
    activated_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuses an amount out of bounds and an activation time that contradicts the state."""
        if not 0 <= self.amount_fen <= AMOUNT_LIMIT_FEN:
            raise InvalidInput(
                reason="AMOUNT_OUT_OF_BOUNDS",
                field="amount_fen",
                detail=f"An order's amount is 0 to {AMOUNT_LIMIT_FEN} fen, not {self.amount_fen}.",
            )
        if (self.activated_at is not None) != (self.state is OrderState.ACTIVE):
            raise InvalidInput(
                reason="ACTIVATION_TIME_ASTRAY",
                field="activated_at",
                detail=f"An order has an activation time when it is active and only then; this one is {self.state}.",
            )

    def confirmed(self, *, at: datetime) -> "Order":
        """Gives the order active since `at`; StateRefused ORDER_STATE when it isn't waiting for confirmation."""
        return self._moved(OrderState.ACTIVE, activated_at=at)

    def cancelled(self) -> "Order":
        """Gives the order cancelled; StateRefused ORDER_STATE when it isn't waiting for confirmation."""
        return self._moved(OrderState.CANCELLED, activated_at=None)

    def _moved(self, wanted: OrderState, *, activated_at: datetime | None) -> "Order":
        if wanted not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="ORDER_STATE",
                field="state",
                detail=f"Order {self.id} is {self.state} and cannot become {wanted}.",
                metadata={"from": self.state.value, "to": wanted.value},
            )
        return dataclasses.replace(self, state=wanted, activated_at=activated_at)
