"""Sets what a service costs each membership level; it must not touch an order that stands."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.get_service import get_service
from svc_catalog.app.permissions import KEEPING_ROLES
from svc_catalog.domain.service import MemberPrices, Service
from svc_catalog.store.services import save_prices


async def set_prices(unit: UnitOfWork, *, identity: Identity, code: str, prices: MemberPrices) -> Service:
    """The service with the prices that count from now on (CAT-45); None is not priced.

    Raises PermissionRefused ROLE_MISSING, NotFound SERVICE_UNKNOWN.
    """
    require_role(identity, *KEEPING_ROLES)
    await save_prices(unit, code, prices)
    return await get_service(unit, code)
