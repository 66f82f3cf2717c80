"""Says which tags one subscriber carries and how surely; sets are kept in memory until the tags' file is a new one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from carillon_chassis.database import Database
from svc_segment.domain.tag import Observation, combined
from svc_segment.store.tags import by_path, current_tags, read_observations


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberTag:
    """A tag that one subscriber carries, and since when it was last seen."""

    path: str
    confidence: float
    observed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedTags:
    """All tags of one subscriber, and the day up to which they were brought, None before the first."""

    tags: Sequence[SubscriberTag]
    as_of: date | None


class SubscriberTags:
    """Answers in microseconds once the tags of a version are read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = -1
        self._observations: Sequence[Observation] = ()
        self._turn = asyncio.Lock()

    async def __call__(self, subscriber_id: int, *, today: date) -> CarriedTags:
        """The tags by path (SEG-30, SEG-31), as of the newest refresh."""
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
        return CarriedTags(tags=tags, as_of=as_of)


def _holds(one: Observation, today: date) -> bool:
    return one.expires_on is None or one.expires_on > today
