"""The orders of svc-catalog as use cases see them; says nothing of how they are reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from svc_channel.domain.membership import MemberTier


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedService:
    """What is ordered: its name, and its three prices in fen, None where there is none."""

    name: str
    prices: Mapping[MemberTier, int | None]


class Orders(Protocol):
    """Each call raises Unavailable while svc-catalog is away."""

    async def is_open(self, order_id: UUID) -> bool:
        """Whether the order still waits for its customer."""
        ...

    async def describe(self, service: str) -> OrderedService | None:
        """The service as customers are told of it; None for one that the catalogue has no more."""
        ...

    async def confirm(self, order_id: UUID) -> bool:
        """Tells the customer's yes; whether the order is active now. The same again is the same."""
        ...
