"""Finds out which touch point is meant by a code or a spelling; it must not guess."""

from carillon_chassis.database import UnitOfWork
from svc_catalog.app.unknown_codes import unknown_code
from svc_catalog.store.channels import find_code, list_channels


async def name_touchpoint(unit: UnitOfWork, named: str, *, field: str) -> str:
    """Gives the code of the touch point (CHN-01); raises NotFound TOUCHPOINT_UNKNOWN with the codes that look alike."""
    code = await find_code(unit, named)
    if code is not None:
        return code
    raise unknown_code(
        reason="TOUCHPOINT_UNKNOWN",
        field=field,
        named=named,
        known=[channel.code for channel in await list_channels(unit)],
        lacking="There is no touch point",
        listing="/api/v1/channels",
    )
