"""Takes back an order before it is confirmed; it must not touch an active one."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.get_order import unknown_order
from svc_catalog.app.permissions import HANDLING_ROLES
from svc_catalog.domain.order import Order
from svc_catalog.store.orders import lock_order, save_state


async def cancel_order(unit: UnitOfWork, *, identity: Identity, order_id: UUID) -> Order:
    """Cancels the order; what an active one began is ended with the subscription instead.

    Raises NotFound ORDER_UNKNOWN, StateRefused ORDER_STATE, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *HANDLING_ROLES)
    order = await lock_order(unit, order_id, branch=identity.branch)
    if order is None:
        raise unknown_order(order_id)
    cancelled = order.cancelled()
    await save_state(unit, cancelled)
    return cancelled
