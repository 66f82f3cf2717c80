"""Finds out which touch point is meant by a code or a spelling; it must not guess."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_catalog.domain.service import closest_codes
from svc_catalog.store.channels import find_code, list_channels


async def name_touchpoint(unit: UnitOfWork, named: str, *, field: str) -> str:
    """Gives the code of the touch point (CHN-01); raises NotFound TOUCHPOINT_UNKNOWN with the codes that look alike."""
    code = await find_code(unit, named)
    if code is not None:
        return code
    suggestions = closest_codes(named, [channel.code for channel in await list_channels(unit)])
    advice = f"did you mean {' or '.join(suggestions)}?" if suggestions else "GET /api/v1/channels lists them."
    raise NotFound(
        reason="TOUCHPOINT_UNKNOWN",
        field=field,
        detail=f"There is no touch point {named!r}; {advice}",
        metadata={"suggestions": ",".join(suggestions)},
    )
