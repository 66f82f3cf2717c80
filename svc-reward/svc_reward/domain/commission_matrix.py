"""Which commission the source states for which kind of affiliate; it must not hold rates, of which none is stated."""

from dataclasses import dataclass
from enum import StrEnum

from svc_reward.domain.affiliate import AffiliateKind


class CommissionKind(StrEnum):
    """What commission is paid for (RWD-11)."""

    AD_CLICK = "ad_click"
    EXPERIENCE = "experience"
    HANDLING = "handling"


Cell = tuple[AffiliateKind, CommissionKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionMatrix:
    """The cells that are stated; all others pay nothing by themselves (RWD-12..RWD-17, A-22)."""

    stated: frozenset[Cell]

    def states(self, affiliate_kind: AffiliateKind, commission_kind: CommissionKind) -> bool:
        """Whether the source states this commission for this kind of affiliate."""
        return (affiliate_kind, commission_kind) in self.stated
