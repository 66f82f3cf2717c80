"""Says which tags one subscriber carries and how surely; sets are kept in memory until the tags' file is a new one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from carillon_chassis.database import Database
from svc_segment.app.look_up_branches import look_up_branches
from svc_segment.domain.hall import hall_of, nearest_hall
from svc_segment.domain.tag import Observation, combined
from svc_segment.store.engine import Engine
from svc_segment.store.tags import by_path, current_tags, read_observations


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberTag:
    """A tag that one subscriber carries, and since when it was last seen."""

    path: str
    confidence: float
    observed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedTags:
    """All tags of one subscriber, the day up to which they were brought (None before the first), the nearest hall."""

    tags: Sequence[SubscriberTag]
    as_of: date | None
    hall: str


class SubscriberTags:
    """Answers in microseconds once the tags of a version are read."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        self._engine = engine
        self._version = -1
        self._observations: Sequence[Observation] = ()
        self._turn = asyncio.Lock()

    async def __call__(self, subscriber_id: int, *, today: date) -> CarriedTags:
        """The tags by path (SEG-30, SEG-31) and to which hall to guide the subscriber (SEG-34), as of the newest refresh."""
        async with self._turn, self._database.read() as unit:
            version, as_of = await current_tags(unit)
            if version != self._version:
                self._observations = await read_observations(unit, today)
                self._version = version
        carried = [one for one in self._observations if subscriber_id in one.subscribers and _holds(one, today)]
        tags = [
            SubscriberTag(
                path=path,
                confidence=combined(one.confidence for one in sources),
                observed_on=max(one.observed_on for one in sources),
            )
            for path, sources in by_path(carried).items()
        ]
        return CarriedTags(tags=tags, as_of=as_of, hall=await self._hall(subscriber_id, tags))

    async def _hall(self, subscriber_id: int, tags: Sequence[SubscriberTag]) -> str:
        halls = {tag.path: tag.confidence for tag in tags if hall_of(tag.path)}
        # Only between several does it matter whose branch somebody is.
        known = await look_up_branches(self._database, self._engine, [subscriber_id]) if len(halls) > 1 else {}
        return nearest_hall(halls, known.get(subscriber_id, ""))


def _holds(one: Observation, today: date) -> bool:
    return one.expires_on is None or one.expires_on > today
