"""Holds: an amount of an account that is promised and can't be spent; it must not know what it is promised for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.account import KIND_RULES, AccountName
from svc_reward.domain.posting import INSUFFICIENT_FUNDS, Standing
from svc_reward.domain.transfer import MAX_LEG_AMOUNT, Transfer, move

# Fits a capture's transfer id with its number behind it.
HOLD_ID_PATTERN = "^[A-Za-z0-9._:-]{1,120}$"
_HOLD_ID = re.compile(HOLD_ID_PATTERN)
# A promise beyond a year is a payment; a forgotten one must come back within a year.
MAX_HOLD = timedelta(days=366)


class HoldState(StrEnum):
    """Where a hold stands."""

    HELD = "held"
    PARTLY_CAPTURED = "partly_captured"
    CAPTURED = "captured"
    VOIDED = "voided"
    TIMED_OUT = "timed_out"


_ENDS = frozenset({HoldState.CAPTURED, HoldState.VOIDED, HoldState.TIMED_OUT})
OPEN_STATES = frozenset(HoldState) - _ENDS
TRANSITIONS: Mapping[HoldState, frozenset[HoldState]] = MappingProxyType(
    {
        HoldState.HELD: _ENDS | {HoldState.PARTLY_CAPTURED},
        HoldState.PARTLY_CAPTURED: _ENDS | {HoldState.PARTLY_CAPTURED},
        HoldState.CAPTURED: frozenset(),
        HoldState.VOIDED: frozenset(),
        HoldState.TIMED_OUT: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """``amount`` whole units of the account until ``expires_at``, ``captured`` of them spent in ``captures`` transfers.

    Raises InvalidInput HOLD_INVALID or AMOUNT_INVALID.
    """

    id: str
    account: AccountName
    amount: int
    made_at: datetime
    expires_at: datetime
    state: HoldState = HoldState.HELD
    captured: int = 0
    captures: int = 0

    def __post_init__(self) -> None:
        if _HOLD_ID.fullmatch(self.id) is None:
            raise InvalidInput(
                reason="HOLD_INVALID",
                field="hold_id",
                detail="a hold's id has 1 to 120 letters, digits, dots, colons, dashes or underscores",
            )
        if not 1 <= self.amount <= MAX_LEG_AMOUNT:
            raise InvalidInput(
                reason="AMOUNT_INVALID",
                field="amount",
                detail=f"a hold is of 1 to {MAX_LEG_AMOUNT} units, not {self.amount}",
            )
        if not timedelta(0) < self.expires_at - self.made_at <= MAX_HOLD:
            raise InvalidInput(
                reason="HOLD_INVALID", field="expires_at", detail="a hold ends after it was made, within 366 days"
            )

    @property
    def remaining(self) -> int:
        """What it still keeps from being spent."""
        return self.amount - self.captured if self.state in OPEN_STATES else 0

    def is_same_promise(self, other: "Hold") -> bool:
        """Whether the other asks for what stands already; who asks again does so later, so its times don't count."""
        return (self.account, self.amount) == (other.account, other.amount)

    def capture(self, amount: int, *, final: bool, at: datetime) -> "Hold":
        """The hold after ``amount`` of it is spent; with ``final`` the rest is free again.

        Raises StateRefused HOLD_STATE or HOLD_EXPIRED, and InvalidInput HOLD_EXCEEDED.
        """
        self._check_open()
        if at >= self.expires_at:
            raise StateRefused(reason="HOLD_EXPIRED", detail="the hold's time is over; make a new one")
        if not 1 <= amount <= self.remaining:
            raise InvalidInput(
                reason="HOLD_EXCEEDED",
                field="amount",
                detail=f"1 to {self.remaining} can be captured of this hold, not {amount}",
            )
        whole = final or amount == self.remaining
        state = self._move(HoldState.CAPTURED if whole else HoldState.PARTLY_CAPTURED)
        return replace(self, state=state, captured=self.captured + amount, captures=self.captures + 1)

    def void(self) -> "Hold":
        """The hold with what remains of it free again. Raises StateRefused HOLD_STATE."""
        self._check_open()
        return replace(self, state=self._move(HoldState.VOIDED))

    def time_out(self) -> "Hold":
        """The hold when its time is over. Raises StateRefused HOLD_STATE."""
        self._check_open()
        return replace(self, state=self._move(HoldState.TIMED_OUT))

    def capture_transfer(self, amount: int, *, target: AccountName, reason: str) -> Transfer:
        """The booking of the next capture, under an id that can't be booked twice."""
        return move(
            f"capture:{self.id}:{self.captures + 1}",
            source=self.account,
            target=target,
            amount=amount,
            reason=reason,
        )

    def _check_open(self) -> None:
        if self.state not in OPEN_STATES:
            raise StateRefused(reason="HOLD_STATE", detail=f"this hold is {self.state}; nothing becomes of it any more")

    def _move(self, after: HoldState) -> HoldState:
        if after not in TRANSITIONS[self.state]:
            raise StateRefused(reason="HOLD_STATE", detail=f"a hold that is {self.state} can't become {after}")
        return after


def check_available(hold: Hold, standing: Standing) -> None:
    """Raises StateRefused INSUFFICIENT_FUNDS unless the account has so much that no other hold has promised."""
    minimum = KIND_RULES[hold.account.kind].minimum
    if minimum is not None and standing.balance - standing.held - hold.amount < minimum:
        raise StateRefused(
            reason=INSUFFICIENT_FUNDS,
            field="amount",
            detail=f"{hold.account} has {standing.balance}, {standing.held} of it held; {hold.amount} more can't be",
        )
