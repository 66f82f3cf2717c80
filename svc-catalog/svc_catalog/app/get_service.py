"""Gives one service of the inventory; it must not guess which one was meant."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_catalog.app.unknown_codes import unknown_code
from svc_catalog.domain.service import Service
from svc_catalog.store.services import find_service, list_codes


async def get_service(unit: UnitOfWork, code: str) -> Service:
    """Gives the service with this code (CAT-01). Raises NotFound SERVICE_UNKNOWN."""
    service = await find_service(unit, code)
    if service is None:
        raise await unknown_service(unit, code, field="code")
    return service


async def unknown_service(unit: UnitOfWork, code: str, *, field: str) -> NotFound:
    """Makes the error for a code that is not in the catalogue; it names the codes that look alike."""
    return unknown_code(
        reason="SERVICE_UNKNOWN",
        field=field,
        named=code,
        known=await list_codes(unit),
        lacking="The catalogue has no service",
        listing="/api/v1/services",
    )
