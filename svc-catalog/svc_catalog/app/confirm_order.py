"""Makes a confirmed order active; it must not do so twice."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.end_lives import require_living
from svc_catalog.app.facts import OrderFacts
from svc_catalog.app.get_order import unknown_order
from svc_catalog.app.permissions import HANDLING_ROLES
from svc_catalog.domain.order import Order
from svc_catalog.domain.subscription import Subscription
from svc_catalog.store.ended_lives import hold_lives
from svc_catalog.store.orders import lock_order, save_state
from svc_catalog.store.subscriptions import begin_subscription


async def confirm_order(
    unit: UnitOfWork, *, identity: Identity, facts: OrderFacts, order_id: UUID, at: datetime
) -> Order:
    """Activates the order, begins the subscription where none runs, and tells OrderActivated (QGV-09, CAT-31).

    The row lock makes a second confirmation wait and then see the state that the first one left.
    Raises NotFound ORDER_UNKNOWN, StateRefused ORDER_STATE or LIFE_ENDED, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *HANDLING_ROLES)
    await hold_lives(unit)
    order = await lock_order(unit, order_id, branch=identity.branch)
    if order is None:
        raise unknown_order(order_id)
    await require_living(unit, order.subscriber_id)
    active = order.confirmed(at=at)
    await save_state(unit, active)
    await begin_subscription(
        unit,
        Subscription(subscriber_id=active.subscriber_id, service=active.service, order_id=active.id, since=at),
    )
    await facts.order_activated(unit, active, at=at)
    return active
