"""Gives one order to those who may see it; it must not change it."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.permissions import READING_ROLES
from svc_catalog.domain.order import Order
from svc_catalog.store.orders import find_order


async def get_order(unit: UnitOfWork, *, identity: Identity, order_id: UUID) -> Order:
    """Gives the order: a branch sees its own, the province sees all.

    Raises NotFound ORDER_UNKNOWN, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *READING_ROLES)
    order = await find_order(unit, order_id, branch=identity.branch)
    if order is None:
        raise unknown_order(order_id)
    return order


def unknown_order(order_id: UUID) -> NotFound:
    """Makes the error for an order that does not exist or is another branch's: a caller can't tell which."""
    return NotFound(reason="ORDER_UNKNOWN", field="order_id", detail=f"There is no order {order_id} in your branch.")
