"""How far the messages of one campaign are; counts only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from svc_channel.domain.channel import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Messages by state. Messages in doubt count as sending: nobody knows yet that they are further."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    in_doubt: int = 0
    """Messages sent more than once because a broken link left their fate open, ever."""
    receipts: int = 0
    """Messages whose receipts are all in."""
    channels: Mapping[Channel, "Progress"] = field(default_factory=dict)
    """The same by channel, of those with any messages (CHN-06)."""
