"""Lists the channels; it must not say which are switched on."""

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.channel import Channel
from svc_catalog.store import channels


async def list_channels(unit: UnitOfWork) -> list[Channel]:
    """Gives every channel in the order of the source (CHN-01, CHN-02)."""
    return await channels.list_channels(unit)
