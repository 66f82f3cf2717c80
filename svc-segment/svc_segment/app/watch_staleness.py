"""Asks for a rebuild whenever segments have fallen behind the data; it must not rebuild them itself."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from carillon_chassis.database import Database
from svc_segment.app.request_rebuild import request_rebuild
from svc_segment.domain.staleness import find_stale
from svc_segment.store.memberships import read_current_versions, read_data_versions, read_marks

# Windows are moved on well before anybody would be refused for them.
REBUILD_WINDOW_AGE = timedelta(hours=12)


class StalenessWatch:
    """One look at all segments; whatever leads to a new file of data leads to a rebuild by way of it."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def __call__(self) -> int:
        """Books a rebuild when anything is behind, at most one a minute; gives 0, since there is nothing to go on with."""
        now = self._now()
        async with self._database.unit_of_work() as unit:
            segments = await read_current_versions(unit)
            stale = find_stale(
                await read_marks(unit, segments),
                await read_data_versions(unit),
                now=now,
                window_age=REBUILD_WINDOW_AGE,
            )
            if any(stale.get(segment_id) for segment_id in segments):
                await request_rebuild(unit, uuid.uuid5(uuid.NAMESPACE_OID, f"rebuild {now:%Y-%m-%dT%H:%M}"))
        return 0
