"""What the use cases need told to the other services; it must not know how facts travel."""

from datetime import datetime
from typing import Protocol

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.order import Order
from svc_catalog.domain.subscription import Subscription


class OrderFacts(Protocol):
    """Tells facts about orders in the transaction of the change."""

    async def order_placed(self, unit: UnitOfWork, order: Order) -> None:
        """Tells that the order waits for its customer."""
        ...

    async def order_activated(self, unit: UnitOfWork, order: Order, *, at: datetime) -> None:
        """Tells that the order is active since `at`."""
        ...

    async def subscription_ended(self, unit: UnitOfWork, subscription: Subscription, *, at: datetime) -> None:
        """Tells that the subscription has run until `at`."""
        ...
