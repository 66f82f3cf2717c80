"""Counts how many members segments share, exactly; it must not keep anything."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from carillon_chassis.database import Database
from svc_segment.app.get_segment import segment_not_found, with_staleness
from svc_segment.app.small_groups import group_too_small, rests_on_scenes
from svc_segment.domain.segment import Segment
from svc_segment.domain.tag import is_few
from svc_segment.store.membership_cache import MembershipCache
from svc_segment.store.segments import find_segments


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapRow:
    """One segment and how many members it shares with each segment asked for, itself among them."""

    segment: Segment
    shared: tuple[int, ...]


async def count_overlap(
    database: Database, cache: MembershipCache, segment_ids: Sequence[uuid.UUID], *, now: datetime
) -> Sequence[OverlapRow]:
    """The exact counts of all pairs, of one state of all segments.

    Raises NotFound SEGMENT_NOT_FOUND, StateRefused GROUP_TOO_SMALL where few of a segment that rests on a scene are
    shared.
    """
    async with database.read() as unit:
        segments = await find_segments(unit, segment_ids)
        members = await cache.members_of(unit, {one: segment.version for one, segment in segments.items()})
        for place, segment_id in enumerate(segment_ids):
            if segment_id not in members or segment_id not in segments:
                raise segment_not_found(segment_id, f"segment_ids[{place}]")
        judged = await with_staleness(unit, [segments[segment_id] for segment_id in segment_ids], now=now)
    shared = await asyncio.to_thread(_count_pairs, [members[segment_id] for segment_id in segment_ids])
    small = [segment_id for segment_id, counts in zip(segment_ids, shared, strict=True) if any(map(is_few, counts))]
    if small:
        async with database.read() as unit:
            if await rests_on_scenes(unit, segments=small):
                raise group_too_small()
    return [OverlapRow(segment=segment, shared=tuple(counts)) for segment, counts in zip(judged, shared, strict=True)]


def _count_pairs(members: Sequence[BitMap]) -> list[list[int]]:
    """Each pair once; the other half is its mirror."""
    counts = [[0] * len(members) for _ in members]
    for one, left in enumerate(members):
        counts[one][one] = len(left)
        for other in range(one):
            counts[one][other] = counts[other][one] = left.intersection_cardinality(members[other])
    return counts
