"""What use cases ask of the service that knows the handsets; says nothing about how it is reached."""

from typing import Protocol


class Handsets(Protocol):
    """What handsets can show; raises Unavailable while svc-segment is away."""

    async def incapable_of(self, subscriber_id: int) -> frozenset[str]:
        """The channels that the subscriber's handset surely can't show; empty where nobody knows the handset."""
        ...
