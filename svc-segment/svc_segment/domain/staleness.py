"""Says which memberships the data have moved away from; it must not bring them up to date."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Windows are counted in days: a membership with windows is as old as a day at most.
WINDOW_AGE = timedelta(hours=24)


class StaleReason(StrEnum):
    """What moved on: the subscribers, their usage, files of their events, time under a window, tags, or a segment read."""

    SUBSCRIBERS = "SUBSCRIBERS"
    USAGE = "USAGE"
    EVENTS = "EVENTS"
    WINDOWS = "WINDOWS"
    TAGS = "TAGS"
    SEGMENTS = "SEGMENTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVersions:
    """The data as they stand: versions of the subscribers, of monthly usage and of tags; how many files of events came."""

    base: int
    usage: int
    events: int
    tags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one segment's current membership was computed from, and what its definition reads."""

    version: int
    base: int
    usage: int
    events: int
    read_at: datetime
    parts: Mapping[uuid.UUID, int]
    reads_subscribers: bool
    reads_usage: bool
    reads_events: bool
    tags: int = 0
    reads_tags: bool = False


def find_stale(
    marks: Mapping[uuid.UUID, Mark], data: DataVersions, *, now: datetime, window_age: timedelta = WINDOW_AGE
) -> Mapping[uuid.UUID, tuple[StaleReason, ...]]:
    """Why each segment is behind, the empty tuple for one that is not.

    ``marks`` holds every segment that another one of it reads; a segment that reads a stale one is stale.
    """
    known: dict[uuid.UUID, tuple[StaleReason, ...]] = {}

    def reasons(segment_id: uuid.UUID) -> tuple[StaleReason, ...]:
        if segment_id not in known:
            mark = marks[segment_id]
            found = _own_reasons(mark, data, now - window_age)
            moved = any(
                part not in marks or marks[part].version != version or reasons(part)
                for part, version in mark.parts.items()
            )
            known[segment_id] = (*found, StaleReason.SEGMENTS) if moved else found
        return known[segment_id]

    for segment_id in marks:
        reasons(segment_id)
    return known


def _own_reasons(mark: Mark, data: DataVersions, windows_from: datetime) -> tuple[StaleReason, ...]:
    return tuple(
        reason
        for reason, moved in (
            (StaleReason.SUBSCRIBERS, mark.reads_subscribers and mark.base < data.base),
            (StaleReason.USAGE, mark.reads_usage and mark.usage < data.usage),
            (StaleReason.EVENTS, mark.reads_events and mark.events < data.events),
            (StaleReason.TAGS, mark.reads_tags and mark.tags < data.tags),
            (StaleReason.WINDOWS, (mark.reads_usage or mark.reads_events) and mark.read_at < windows_from),
        )
        if moved
    )
