"""Says what a rebuild is and in which order segments are rebuilt; it must not rebuild any."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RebuildState(StrEnum):
    """Running until everything that was behind when it began is rebuilt or is known not to be possible."""

    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """How far a rebuild is; ``problems`` are the segments that can't be computed any more, by id with the reason."""

    id: uuid.UUID
    state: RebuildState
    segments: int
    rebuilt: int
    problems: Mapping[uuid.UUID, str]
    started_at: datetime
    ended_at: datetime | None = None


def in_levels(
    segment_ids: Collection[uuid.UUID], reads: Mapping[uuid.UUID, Collection[uuid.UUID]]
) -> Sequence[Sequence[uuid.UUID]]:
    """The segments in the order they can be rebuilt: each level reads only segments of the levels before it.

    ``reads`` says what each segment reads, has no circle, and may name segments that need no rebuild.
    """
    left = {one: {part for part in reads.get(one, ()) if part in segment_ids} for one in segment_ids}
    levels = []
    while left:
        level = [one for one, parts in left.items() if not parts & left.keys()]
        if not level:
            raise ValueError("segments read one another in a circle")
        levels.append(level)
        for one in level:
            del left[one]
    return levels
