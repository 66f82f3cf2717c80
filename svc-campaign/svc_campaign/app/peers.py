"""What svc-campaign needs of the other services, as its use cases see them; how they are called is the workers' business."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from svc_campaign.domain.message import SMS, Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberBatch:
    """Members of a segment by rising subscriber, with one equally long column for each attribute asked for."""

    subscriber_ids: Sequence[int]
    columns: Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentStanding:
    """The current version of a segment's membership, why it is behind the data (if it is), and whether it was put away."""

    name: str
    version: int
    stale_reasons: tuple[str, ...]
    archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One batch on its way to svc-channel: for a cell of the network or for none, and not after `expires_at`."""

    number: int
    payload: bytes
    channel: str = SMS
    cell: str = ""
    expires_at: datetime | None = None


class Segments(Protocol):
    """svc-segment: who is in which segment, and what is known of them."""

    async def attribute_names(self) -> frozenset[str]:
        """Names of all attributes in the dictionary."""
        ...

    async def look_at(self, segment_id: UUID) -> SegmentStanding | None:
        """How a segment stands now, None for one that is not there."""
        ...

    def stream_members(
        self, segment_id: UUID, attributes: Sequence[str], *, version: int | None
    ) -> AsyncGenerator[MemberBatch, None]:
        """All members of a version, the current one for None, by rising subscriber, in batches of at most 5,000."""
        ...


class Services(Protocol):
    """svc-catalog: which services stand."""

    async def is_known(self, code: str) -> bool:
        """Whether the catalogue has the service."""
        ...

    async def used_by(self, subscriber_id: int) -> frozenset[str]:
        """Codes of the services that a subscriber has now."""
        ...


class Outlet(Protocol):
    """svc-channel: takes texts to send."""

    def encode(self, subscriber_ids: Sequence[int], told: Rendered) -> bytes:
        """The bytes of a batch as svc-channel takes them."""
        ...

    def submit(self, campaign_id: UUID, sender: str, batches: AsyncIterator[Handover]) -> AsyncIterator[int]:
        """Hands batches over as they come; yields each number once svc-channel has the batch durably."""
        ...
