"""Lists the inventory page by page; it must not filter what a caller sees."""

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.service import Service
from svc_catalog.store import services


async def list_services(unit: UnitOfWork, *, after: str, limit: int) -> tuple[list[Service], bool]:
    """Gives up to `limit` services after the code `after`, by code (CAT-01), and whether more follow."""
    page = await services.list_services(unit, after=after, limit=limit + 1)
    return page[:limit], len(page) > limit
