"""What use cases ask of the service that knows the numbers; says nothing about how it is reached."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Numbers(Protocol):
    """Both ways between subscriber ids and E.164 numbers; raises Unavailable while svc-segment is away."""

    async def look_up(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Numbers by subscriber id; who has none is left out."""
        ...

    async def resolve(self, msisdns: Sequence[str]) -> Mapping[str, int]:
        """Subscriber ids by number; numbers of nobody are left out."""
        ...
