"""Gives one service of the inventory; it must not guess which one was meant."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_catalog.domain.service import Service, closest_codes
from svc_catalog.store.services import find_service, list_codes


async def get_service(unit: UnitOfWork, code: str) -> Service:
    """Gives the service with this code (CAT-01). Raises NotFound SERVICE_UNKNOWN."""
    service = await find_service(unit, code)
    if service is None:
        raise await unknown_service(unit, code, field="code")
    return service


async def unknown_service(unit: UnitOfWork, code: str, *, field: str) -> NotFound:
    """Makes the error for a code that is not in the catalogue; it names the codes that look alike."""
    suggestions = closest_codes(code, await list_codes(unit))
    advice = f"did you mean {' or '.join(suggestions)}?" if suggestions else "GET /api/v1/services lists the codes."
    return NotFound(
        reason="SERVICE_UNKNOWN",
        field=field,
        detail=f"The catalogue has no service {code!r}; {advice}",
        metadata={"suggestions": ",".join(suggestions)},
    )
