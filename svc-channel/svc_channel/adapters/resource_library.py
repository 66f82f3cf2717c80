"""The resource library as lines read it: from the database, each resource kept for a while; adds nothing."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from carillon_chassis.database import Database
from svc_channel.domain.mms.resources import Rendition
from svc_channel.store.renditions import fetch_renditions

# A campaign shows one resource to everybody; 32 of 300 KiB in several renditions are some ten megabytes.
KEPT_RESOURCES = 32
# A rendition added is shown within so many seconds.
KEPT_SECONDS = 10.0


class ResourceLibrary:
    """Resources by id, read once for many messages."""

    def __init__(self, database: Database, *, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[float, Sequence[Rendition]]] = OrderedDict()

    async def renditions(self, resource: str) -> Sequence[Rendition]:
        """All renditions of a resource; none for one that there is not. Raises Unavailable."""
        kept = self._kept.get(resource)
        if kept is not None and self._monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        async with self._database.read() as unit:
            found = await fetch_renditions(unit, resource)
        if found:
            self._kept[resource] = (self._monotonic(), found)
            self._kept.move_to_end(resource)
        while len(self._kept) > KEPT_RESOURCES:
            self._kept.popitem(last=False)
        return found
