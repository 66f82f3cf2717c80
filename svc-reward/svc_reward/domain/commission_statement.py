"""Statements: what an affiliate earned by month, kind and state, in fen; it must not add anything up itself."""

from dataclasses import dataclass
from datetime import datetime

from svc_reward.domain.commission_line import LineState
from svc_reward.domain.commission_matrix import CommissionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionTotal:
    """The lines of one kind in one state."""

    kind: CommissionKind
    state: LineState
    lines: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionStatement:
    """One affiliate's month, written like 2026-11."""

    affiliate_id: str
    month: str
    totals: tuple[CommissionTotal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionEntry:
    """One line as its affiliate sees it; negative for a deduction."""

    number: int
    event_id: str
    kind: CommissionKind
    service: str
    state: LineState
    amount_fen: int
    use_months: int
    policy: int
    due_at: datetime
    locks_at: datetime
    settlement_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPosition:
    """The ledger's own word on an affiliate: earned less owed is what is locked and in no approved run."""

    earned_fen: int
    owed_fen: int
    payable_fen: int
    paid_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionProof:
    """How many affiliates and lines were compared with the ledger, and the affiliates that differ."""

    affiliates: int
    lines: int
    differing: tuple[str, ...]
