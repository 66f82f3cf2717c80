"""What a subscriber has of a service after an order; it must not know about money or facts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A running subscription; `order_id` is the order that began it, later orders for the same service don't replace it."""

    subscriber_id: int
    service: str
    order_id: UUID
    since: datetime
