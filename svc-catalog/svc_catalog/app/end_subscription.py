"""Ends a subscription; it must not touch the orders that led to it."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.facts import OrderFacts
from svc_catalog.app.permissions import HANDLING_ROLES
from svc_catalog.domain.subscription import Subscription
from svc_catalog.store import subscriptions


async def end_subscription(
    unit: UnitOfWork, *, identity: Identity, facts: OrderFacts, subscriber_id: int, service: str, at: datetime
) -> Subscription:
    """Ends the subscription, tells SubscriptionEnded, and gives it back as it was.

    Raises NotFound SUBSCRIPTION_UNKNOWN, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *HANDLING_ROLES)
    ended = await subscriptions.end_subscription(unit, subscriber_id=subscriber_id, service=service, at=at)
    if ended is None:
        raise NotFound(
            reason="SUBSCRIPTION_UNKNOWN",
            field="service",
            detail=f"The subscriber has no running subscription to {service!r}.",
        )
    await facts.subscription_ended(unit, ended, at=at)
    return ended
