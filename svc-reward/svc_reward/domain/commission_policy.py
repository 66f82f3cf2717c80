"""Dated policies: who is paid how much for what, from when to when; it must not price an event."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.errors import InvalidInput, PermissionRefused, StateRefused
from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.commission_matrix import CommissionKind, CommissionMatrix

# A rate card wider than this is several policies.
MAX_TIERS = 100
MAX_USE_MONTHS = 36
MAX_HOLDING_DAYS = 365
MAX_FLAT_FEN = 10**8
MYRIAD = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What an event earns from the ``volume_from``-th of its month on, after ``use_months`` of continued use (RWD-19).

    ``flat_fen`` fen an event and ``share_myriad`` ten-thousandths of the order's amount.
    """

    volume_from: int
    use_months: int
    flat_fen: int
    share_myriad: int

    def __post_init__(self) -> None:
        if (
            self.volume_from < 1
            or not 0 <= self.use_months <= MAX_USE_MONTHS
            or not 0 <= self.flat_fen <= MAX_FLAT_FEN
            or not 0 <= self.share_myriad <= MYRIAD
        ):
            raise _invalid(
                "tiers", f"a tier counts from 1, months to {MAX_USE_MONTHS}, shares to {MYRIAD} ten-thousandths"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerms:
    """Whom a policy is for, when it holds and what it pays (RWD-21). Raises InvalidInput POLICY_INVALID.

    ``affiliate_id`` and ``service`` are empty for all; ``valid_to`` is the first moment after it, None for an open end;
    ``monthly_cap_fen`` 0 is no cap. ``beyond_matrix`` says that the operator pays what the source does not state.
    """

    affiliate_kind: AffiliateKind
    commission_kind: CommissionKind
    affiliate_id: str
    service: str
    valid_from: datetime
    valid_to: datetime | None
    tiers: tuple[Tier, ...]
    monthly_cap_fen: int
    holding_days: int
    beyond_matrix: bool

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise _invalid("valid_to", "a policy ends after it begins")
        if not 1 <= len(self.tiers) <= MAX_TIERS:
            raise _invalid("tiers", f"a policy has 1 to {MAX_TIERS} tiers")
        if len({(tier.volume_from, tier.use_months) for tier in self.tiers}) != len(self.tiers):
            raise _invalid("tiers", "two tiers begin at the same volume and the same months of use")
        if self.commission_kind is not CommissionKind.HANDLING and any(tier.use_months for tier in self.tiers):
            raise _invalid("tiers", "only a handled service can be used on; other tiers have use_months 0")
        if self.monthly_cap_fen < 0 or not 0 <= self.holding_days <= MAX_HOLDING_DAYS:
            raise _invalid("holding_days", f"a policy holds 0 to {MAX_HOLDING_DAYS} days, and its cap is not negative")

    def holds_for(self, affiliate_kind: AffiliateKind, affiliate_id: str, service: str, at: datetime) -> bool:
        """Whether it pays that affiliate for that service at that moment."""
        return (
            self.affiliate_kind is affiliate_kind
            and self.affiliate_id in {"", affiliate_id}
            and self.service in {"", service}
            and self.valid_from <= at
            and (self.valid_to is None or at < self.valid_to)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Terms under their number, with who proposed and who approved them; without approval they pay nothing."""

    number: int
    terms: PolicyTerms
    made_by: str
    made_at: datetime
    approved_by: str
    approved_at: datetime | None


def check_stated(terms: PolicyTerms, matrix: CommissionMatrix) -> None:
    """Raises InvalidInput NOT_STATED for a cell of the matrix that is null, unless the terms say they go beyond it."""
    if not terms.beyond_matrix and not matrix.states(terms.affiliate_kind, terms.commission_kind):
        raise InvalidInput(
            reason="NOT_STATED",
            field="beyond_matrix",
            detail=f"the source states no {terms.commission_kind} commission for {terms.affiliate_kind};"
            " set beyond_matrix to pay it all the same",
        )


def check_approver(policy: Policy, approver: str) -> None:
    """Raises PermissionRefused MAKER_IS_CHECKER, or StateRefused POLICY_STATE for one that is approved already."""
    if policy.approved_by:
        raise StateRefused(
            reason="POLICY_STATE",
            detail=f"policy {policy.number} is approved and can't become approved again",
            metadata={"from": "approved", "to": "approved"},
        )
    if policy.made_by == approver:
        raise PermissionRefused(
            reason="MAKER_IS_CHECKER", detail="who proposed a policy can't approve it; ask another person"
        )


def choose_policy(
    policies: Iterable[Policy],
    *,
    affiliate_kind: AffiliateKind,
    affiliate_id: str,
    commission_kind: CommissionKind,
    service: str,
    at: datetime,
) -> Policy | None:
    """The one that pays: for the affiliate itself before its kind, for the service before all, then the latest."""
    fitting = [
        policy
        for policy in policies
        if policy.approved_by
        and policy.terms.commission_kind is commission_kind
        and policy.terms.holds_for(affiliate_kind, affiliate_id, service, at)
    ]
    return max(
        fitting,
        key=lambda policy: (
            policy.terms.affiliate_id != "",
            policy.terms.service != "",
            policy.terms.valid_from,
            policy.number,
        ),
        default=None,
    )


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="POLICY_INVALID", field=field, detail=detail)
