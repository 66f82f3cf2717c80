"""A voucher and the steps of its life; it must not know its merchant beyond the name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from carillon_chassis.errors import StateRefused


class VoucherState(StrEnum):
    """Where a voucher stands."""

    ISSUED = "issued"
    SHOWN = "shown"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    VOIDED = "voided"


# Worth something: it may still be shown and taken.
LIVE = frozenset({VoucherState.ISSUED, VoucherState.SHOWN})
TRANSITIONS: Mapping[VoucherState, frozenset[VoucherState]] = MappingProxyType(
    {
        VoucherState.ISSUED: frozenset(
            {VoucherState.SHOWN, VoucherState.REDEEMED, VoucherState.EXPIRED, VoucherState.VOIDED}
        ),
        # A screen is looked at more than once.
        VoucherState.SHOWN: frozenset(
            {VoucherState.SHOWN, VoucherState.REDEEMED, VoucherState.EXPIRED, VoucherState.VOIDED}
        ),
        VoucherState.REDEEMED: frozenset(),
        VoucherState.EXPIRED: frozenset(),
        VoucherState.VOIDED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """Good for one piece of a prize, until ``expires_at``, at one merchant, once."""

    id: UUID
    code: str
    redemption_id: UUID
    prize: str
    state: VoucherState
    issued_at: datetime
    expires_at: datetime
    shown_at: datetime | None = None
    redeemed_at: datetime | None = None
    merchant: str = ""

    def show(self, at: datetime) -> "Voucher":
        """On the subscriber's screen. Raises StateRefused VOUCHER_STATE, VOUCHER_REDEEMED or VOUCHER_EXPIRED."""
        shown = self._moved(VoucherState.SHOWN)
        self._require_fresh(at)
        return replace(shown, shown_at=self.shown_at or at)

    def redeem(self, merchant: str, at: datetime) -> "Voucher":
        """Taken for good. Raises StateRefused VOUCHER_REDEEMED with the first one's time, VOUCHER_EXPIRED, VOUCHER_STATE."""
        redeemed = self._moved(VoucherState.REDEEMED)
        self._require_fresh(at)
        return replace(redeemed, redeemed_at=at, merchant=merchant)

    def void(self) -> "Voucher":
        """Worth nothing, since its redemption is cancelled. Raises as the others do."""
        return self._moved(VoucherState.VOIDED)

    def _moved(self, wanted: VoucherState) -> "Voucher":
        if self.state is VoucherState.REDEEMED and self.redeemed_at is not None:
            first = self.redeemed_at.isoformat()
            raise StateRefused(
                reason="VOUCHER_REDEEMED",
                field="code",
                detail=f"it was redeemed at {first}; a voucher is good once",
                metadata={"redeemed_at": first, "from": self.state, "to": wanted},
            )
        if self.state is VoucherState.EXPIRED:
            raise self._expired()
        if wanted not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="VOUCHER_STATE",
                field="code",
                detail=f"a voucher that is {self.state} can't become {wanted}",
                metadata={"from": self.state, "to": wanted},
            )
        return replace(self, state=wanted)

    def _require_fresh(self, at: datetime) -> None:
        if at >= self.expires_at:
            raise self._expired()

    def _expired(self) -> StateRefused:
        until = self.expires_at.isoformat()
        return StateRefused(
            reason="VOUCHER_EXPIRED",
            field="code",
            detail=f"it was good until {until}",
            metadata={"expires_at": until},
        )
