"""A claim on a piece of a sale and the steps of its life; it must not know who else wants one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.account import redeemed_account, subscriber_account
from svc_reward.domain.sale import Sale
from svc_reward.domain.transfer import Transfer, move

MAX_REFERENCE_LENGTH = 120


class ClaimState(StrEnum):
    """Where a claim stands."""

    HELD = "held"
    PAID = "paid"
    RELEASED = "released"


# A released piece is the stock's again: its person may claim anew, and the old claim stays what it was.
TRANSITIONS: Mapping[ClaimState, frozenset[ClaimState]] = MappingProxyType(
    {
        ClaimState.HELD: frozenset({ClaimState.PAID, ClaimState.RELEASED}),
        ClaimState.PAID: frozenset(),
        ClaimState.RELEASED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One person's piece of one sale."""

    id: UUID
    sale_id: UUID
    subscriber_id: int
    request_id: str
    state: ClaimState
    claimed_at: datetime
    hold_until: datetime
    ended_at: datetime | None = None
    reference: str = ""

    def pay(self, sale: Sale, *, reference: str, at: datetime) -> "Claim":
        """Paid for good, in time. Raises StateRefused CLAIM_STATE or CLAIM_LAPSED, InvalidInput REFERENCE_MISSING."""
        if not sale.currency and not reference:
            raise _reference("REFERENCE_MISSING", "this sale is paid elsewhere; say what the payment is known by there")
        if len(reference) > MAX_REFERENCE_LENGTH or not reference.isprintable():
            raise _reference(
                "REFERENCE_INVALID", f"a reference has at most {MAX_REFERENCE_LENGTH} printable characters"
            )
        paid = self._end(ClaimState.PAID, at)
        if at >= self.hold_until:
            raise StateRefused(
                reason="CLAIM_LAPSED",
                field="claim_id",
                detail=f"it was held until {self.hold_until.isoformat()}; claim again while there is stock",
            )
        return replace(paid, reference=reference)

    def release(self, at: datetime) -> "Claim":
        """Back to the stock. Raises StateRefused CLAIM_STATE."""
        return self._end(ClaimState.RELEASED, at)

    def payment(self, sale: Sale) -> Transfer | None:
        """Subscriber to redeemed, under an id that books once; None where the payment is made elsewhere."""
        if not sale.currency:
            return None
        return move(
            f"sale:{self.id}",
            source=subscriber_account(self.subscriber_id, sale.currency),
            target=redeemed_account(sale.currency),
            amount=sale.price,
            reason="flash sale",
        )

    def _end(self, wanted: ClaimState, at: datetime) -> "Claim":
        if wanted not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="CLAIM_STATE",
                field="claim_id",
                detail=f"a claim that is {self.state} can't become {wanted}",
                metadata={"from": self.state, "to": wanted},
            )
        return replace(self, state=wanted, ended_at=at)


def _reference(reason: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field="reference", detail=detail)
