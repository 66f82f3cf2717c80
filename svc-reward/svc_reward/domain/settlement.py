"""Settlement runs: their states, who may check them, and the file that a bank pays from; it must not book anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from carillon_chassis.errors import PermissionRefused, StateRefused
from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.csv_file import write_csv

COLUMNS = ("settlement_id", "period", "affiliate_id", "kind", "lines", "gross_fen", "deducted_fen", "net_fen")


class SettlementState(StrEnum):
    """Where a run stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    PAID = "paid"
    REJECTED = "rejected"


TRANSITIONS: Mapping[SettlementState, frozenset[SettlementState]] = MappingProxyType(
    {
        SettlementState.PROPOSED: frozenset({SettlementState.APPROVED, SettlementState.REJECTED}),
        SettlementState.APPROVED: frozenset({SettlementState.PAID}),
        SettlementState.PAID: frozenset(),
        SettlementState.REJECTED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementItem:
    """What a run owes one affiliate, in fen."""

    affiliate_id: str
    kind: AffiliateKind
    lines: int
    gross_fen: int
    deducted_fen: int

    @property
    def net_fen(self) -> int:
        """What is paid out."""
        return self.gross_fen - self.deducted_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One run over a period; a later run takes what this one left."""

    id: UUID
    period: str
    state: SettlementState
    minimum_fen: int
    affiliates: int
    lines: int
    gross_fen: int
    deducted_fen: int
    file_sha256: str
    made_by: str
    made_at: datetime
    checked_by: str = ""
    checked_at: datetime | None = None
    paid_by: str = ""
    paid_at: datetime | None = None

    def check_move(self, after: SettlementState, *, by: str) -> None:
        """Raises StateRefused SETTLEMENT_STATE with the two states, or PermissionRefused MAKER_IS_CHECKER."""
        if after not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="SETTLEMENT_STATE",
                detail=f"a settlement that is {self.state} can't become {after}",
                metadata={"from": self.state, "to": after},
            )
        if self.state is SettlementState.PROPOSED and by == self.made_by:
            raise PermissionRefused(
                reason="MAKER_IS_CHECKER",
                detail="who made a settlement can neither approve nor reject it; ask another person",
            )


def write_file(settlement_id: UUID, period: str, items: Iterable[SettlementItem]) -> bytes:
    """The pay-out file: CSV in the order of the affiliates' ids, the same bytes for the same items.

    Every field is made of letters, digits, dots, dashes and underscores, so nothing needs quoting.
    """
    rows = (
        (
            settlement_id,
            period,
            item.affiliate_id,
            item.kind,
            item.lines,
            item.gross_fen,
            item.deducted_fen,
            item.net_fen,
        )
        for item in sorted(items, key=lambda item: item.affiliate_id)
    )
    return write_csv(COLUMNS, rows)
