"""What use cases ask of the service that knows subscribers' branches; it must not know how that is reached."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Branches(Protocol):
    """Whose subscribers are whose; raises Unavailable while svc-segment is away."""

    async def look_up(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Branches by subscriber id; of whom none is known is left out."""
        ...
