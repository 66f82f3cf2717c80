"""Folds sightings and forgets what is over every few seconds, looks at scenes anew once a day; it must not find tags."""

from datetime import date
from zoneinfo import ZoneInfo

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_segment.app.forget_remnants import forget_remnants
from svc_segment.app.refresh_tags import fold_all, forget_older_tags, refresh_tags
from svc_segment.store.folders import DataFolder
from svc_segment.store.tags import tags_as_of


class TagClock:
    """One look: what was seen lately goes into its day, and on a new day tags are brought up to it (SEG-32).

    A process that was away when the day began does it when it is back.
    """

    def __init__(self, database: Database, folder: DataFolder, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._zone = zone
        self._refreshed: date | None = None

    async def __call__(self) -> int:
        """Does what is due, and leaves nothing for at once."""
        await fold_all(self._database)
        now = self._clock.now()
        await forget_remnants(self._database, now=now)
        await forget_older_tags(self._database, self._folder, now=now)
        today = now.astimezone(self._zone).date()
        if self._refreshed is None:
            async with self._database.read() as unit:
                self._refreshed = await tags_as_of(unit) or today
        if self._refreshed != today:
            await refresh_tags(self._database, self._folder, now=now, zone=self._zone)
        self._refreshed = today
        return 0
