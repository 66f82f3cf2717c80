"""A group buy: people join until there are enough, then all pay, or at the deadline none; nothing in between."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.account import subscriber_account
from svc_reward.domain.currency import check_currency
from svc_reward.domain.hold import Hold
from svc_reward.domain.prize import MAX_NAME_LENGTH, MAX_PRICE, MONEY_CURRENCIES

MIN_TARGET = 2
# All are captured in one transaction, which holds all their accounts.
MAX_TARGET = 100
# Within what a hold may last, with room for the grace behind it.
MAX_DURATION = timedelta(days=90)
# The points stay held beyond the deadline, so that they are there whoever ends the group, and a little late.
HOLD_GRACE = timedelta(days=7)


class GroupBuyState(StrEnum):
    """Where a group stands."""

    OPEN = "open"
    CAPTURED = "captured"
    VOIDED = "voided"


TRANSITIONS: Mapping[GroupBuyState, frozenset[GroupBuyState]] = MappingProxyType(
    {
        GroupBuyState.OPEN: frozenset({GroupBuyState.CAPTURED, GroupBuyState.VOIDED}),
        GroupBuyState.CAPTURED: frozenset(),
        GroupBuyState.VOIDED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBuy:
    """``target`` people for ``price`` points each, before ``deadline``. Raises InvalidInput GROUP_INVALID."""

    id: UUID
    name: str
    target: int
    deadline: datetime
    currency: str
    price: int
    opened_at: datetime
    members: int = 0
    state: GroupBuyState = GroupBuyState.OPEN
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        check_currency(self.currency)
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable() or not self.name.strip():
            raise _invalid("name", f"a group's name has 1 to {MAX_NAME_LENGTH} printable characters")
        if not MIN_TARGET <= self.target <= MAX_TARGET or not 0 <= self.members <= self.target:
            raise _invalid("target", f"a group is of {MIN_TARGET} to {MAX_TARGET} people")
        if not timedelta(0) < self.deadline - self.opened_at <= MAX_DURATION:
            raise _invalid("deadline", f"a group ends after it was opened, within {MAX_DURATION.days} days")
        if self.currency in MONEY_CURRENCIES:
            raise _invalid("currency", f"a group pays in points, not in {self.currency}")
        if not 1 <= self.price <= MAX_PRICE:
            raise _invalid("price", f"each pays 1 to {MAX_PRICE} points, not {self.price}")

    @property
    def is_full(self) -> bool:
        """Whether there are enough."""
        return self.members == self.target

    def join(self, at: datetime) -> "GroupBuy":
        """With one more person. Raises StateRefused GROUP_STATE or GROUP_CLOSED."""
        if self.state is not GroupBuyState.OPEN:
            raise StateRefused(reason="GROUP_STATE", field="id", detail=f"this group is {self.state}; join another one")
        if at >= self.deadline:
            raise StateRefused(
                reason="GROUP_CLOSED", field="id", detail=f"this group was open until {self.deadline.isoformat()}"
            )
        return replace(self, members=self.members + 1)

    def end(self, wanted: GroupBuyState, at: datetime) -> "GroupBuy":
        """Captured or voided. Raises StateRefused GROUP_STATE, which names both states."""
        if wanted not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="GROUP_STATE",
                field="id",
                detail=f"a group that is {self.state} can't become {wanted}",
                metadata={"from": self.state, "to": wanted},
            )
        return replace(self, state=wanted, ended_at=at)

    def hold_for(self, subscriber_id: int, at: datetime) -> Hold:
        """What keeps a person's points for the group."""
        return Hold(
            id=f"group:{self.id}:{subscriber_id}",
            account=subscriber_account(subscriber_id, self.currency),
            amount=self.price,
            made_at=at,
            expires_at=self.deadline + HOLD_GRACE,
        )


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="GROUP_INVALID", field=field, detail=detail)
