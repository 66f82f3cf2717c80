"""What the console shows, free of protobuf and of HTML; it must not compute measurements, only carry them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CampaignState(StrEnum):
    """Where a campaign stands, as the public API words it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAUNCHING = "launching"
    RUNNING = "running"
    COMPLETED = "completed"


# Before these there is nothing to report; after them the figures stand still.
LAUNCHED_STATES = frozenset({CampaignState.LAUNCHING, CampaignState.RUNNING, CampaignState.COMPLETED})
SETTLED_STATES = frozenset({CampaignState.COMPLETED, CampaignState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchProgress:
    """How far a launch has got, in contacts; `members` counts the hold-out too."""

    members: int = 0
    contacts_booked: int = 0
    handed_to_channel: int = 0
    delivered: int = 0
    failed: int = 0
    in_doubt: int = 0

    @property
    def ended(self) -> int:
        """Contacts whose message has met its end, well or not."""
        return self.delivered + self.failed

    @property
    def done_share(self) -> float:
        """Ended contacts as a share of those booked, 0 to 1."""
        return min(self.ended / self.contacts_booked, 1.0) if self.contacts_booked else 0.0

    @property
    def sent_share(self) -> float:
        """Contacts handed to the channel as a share of those booked, 0 to 1."""
        return min(self.handed_to_channel / self.contacts_booked, 1.0) if self.contacts_booked else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """One campaign; times are aware UTC, `branch` is empty for the province."""

    id: str
    name: str
    state: CampaignState
    branch: str
    created_by: str
    submitted_by: str
    approved_by: str
    rejection_reason: str
    created_at: datetime | None
    launched_at: datetime | None
    window_ends_at: datetime | None
    arms: int
    progress: LaunchProgress

    @property
    def launched(self) -> bool:
        """Whether there is anything to report."""
        return self.state in LAUNCHED_STATES

    @property
    def sending(self) -> bool:
        """Whether messages are still on their way."""
        if self.state is CampaignState.RUNNING:
            return self.progress.ended < self.progress.contacts_booked
        return self.state is CampaignState.LAUNCHING


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalView:
    """A difference to the hold-out with its 95 % interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UpliftView:
    """The three differences of an arm: rates as fractions, revenue in fen a subscriber."""

    response_rate: IntervalView
    conversion_rate: IntervalView
    revenue_fen_per_subscriber: IntervalView


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmView:
    """One arm's counts, revenue in fen and rates as fractions; `uplift` is None for the hold-out or without one."""

    name: str
    holdout: bool
    subscribers: int
    contacted: int
    delivered: int
    responded: int
    converted: int
    rewarded: int
    revenue_fen: int
    response_rate: float
    conversion_rate: float
    uplift: UpliftView | None

    @property
    def revenue_fen_per_subscriber(self) -> float:
        """Mean revenue of the arm's subscribers; 0 for an empty arm."""
        return self.revenue_fen / self.subscribers if self.subscribers else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A campaign's arms at one moment, the hold-out first."""

    as_of: datetime
    arms: tuple[ArmView, ...]
