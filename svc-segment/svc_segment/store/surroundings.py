"""Gathers what a rule reads beside the subscribers' attributes; it must not read the rule nor apply it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.rules.needs import RuleNeeds
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles, read_history
from svc_segment.store.list_months import read_list_files
from svc_segment.store.memberships import read_members
from svc_segment.store.tags import newest_tag_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """One consistent view of the past, the current members of other segments, and the tags that hold.

    ``history`` is None for rules that look at no past, ``tags`` (a Parquet file of ``subscriber_id``, ``path``,
    ``confidence``) None as long as nobody has any. ``lists`` has the file of each month of a list, by the id of its
    segment.
    """

    history: HistoryFiles | None = None
    memberships: Mapping[uuid.UUID, BitMap] = field(default_factory=dict)
    tags: Path | None = None
    lists: Mapping[uuid.UUID, Mapping[date, Path]] = field(default_factory=dict)


# For rules that read attributes alone.
NOTHING = Surroundings()


async def read_surroundings(
    unit: UnitOfWork,
    folder: DataFolder,
    needs: RuleNeeds,
    *,
    as_of: datetime,
    subscriber_ids: Sequence[int] | None = None,
) -> Surroundings:
    """What some rules need, and no more; windows are measured back from ``as_of``.

    With ``subscriber_ids``, of the events that are in no file yet only theirs.
    """
    members = await read_members(unit, needs.segments) if needs.segments else {}
    tags = await newest_tag_files(unit, 1) if needs.tags else ()
    types = sorted(needs.event_types)
    history = (
        await read_history(unit, folder, as_of=as_of, subscriber_ids=subscriber_ids, types=types)
        if needs.history
        else None
    )
    return Surroundings(
        tags=folder.tags(tags[0]) if tags else None,
        history=history,
        lists=await read_list_files(unit, folder, needs.lists) if needs.lists else {},
        memberships={segment_id: bitmap for segment_id, (_, bitmap) in members.items()},
    )
