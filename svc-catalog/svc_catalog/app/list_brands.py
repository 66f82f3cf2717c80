"""Lists the customer brands; it must not rank them."""

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.brand import Brand
from svc_catalog.store import brands


async def list_brands(unit: UnitOfWork) -> list[Brand]:
    """Gives every brand in the order of the source (CAT-09 to CAT-11)."""
    return await brands.list_brands(unit)
