"""What use cases ask of the service that knows the numbers; says nothing about how it is reached."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from svc_channel.domain.number import is_e164


class Numbers(Protocol):
    """Both ways between subscriber ids and E.164 numbers; raises Unavailable while svc-segment is away."""

    async def look_up(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Numbers by subscriber id; who has none is left out."""
        ...

    async def resolve(self, msisdns: Sequence[str]) -> Mapping[str, int]:
        """Subscriber ids by number; numbers of nobody are left out."""
        ...


async def find_holder(numbers: Numbers, peer: str) -> int | None:
    """The subscriber behind a peer; None for a name that is no number, and a number of nobody. Raises Unavailable."""
    return (await numbers.resolve([peer])).get(peer) if is_e164(peer) else None
