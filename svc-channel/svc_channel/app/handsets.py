"""What use cases ask of the service that knows the handsets; says nothing about how it is reached."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from svc_channel.domain.handset import Handset


class Handsets(Protocol):
    """What handsets can show; raises Unavailable while svc-segment is away."""

    async def describe(self, subscriber_ids: Sequence[int]) -> Mapping[int, Handset]:
        """Handsets by subscriber id, in one question; whose handset nobody knows is left out."""
        ...
