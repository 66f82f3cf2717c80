"""Brings segments that are behind up to the data; each membership is swapped whole, none is ever half done.

Repeatable: what is up to date is left alone, so a rebuild whose process was killed goes on where it stood.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput
from svc_segment.app.compute_members import Computed, around_rules, combine_members
from svc_segment.app.current_base import require_base
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.watch_staleness import REBUILD_WINDOW_AGE
from svc_segment.domain.rebuild import in_levels
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import Provenance, Segment
from svc_segment.domain.staleness import find_stale
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.memberships import read_data_versions, read_marks, read_members, swap_members
from svc_segment.store.rebuilds import advance_rebuild, begin_rebuild, end_rebuild, note_behind
from svc_segment.store.segments import all_segments, find_segments

# Rules of one turn: others wait no longer than that takes, and conditions that several rules share are kept anyway.
RULES_AT_ONCE = 1
# While others ask, each turn waits for them at most this many times as long as the turn before took: others are not
# held up, and a rebuild beside people who never stop takes twice its time.
MOST_WAIT = 1.0
# How often it looks whether somebody asks.
LOOK_SECONDS = 0.005

logger = logging.getLogger(__name__)


class SegmentRebuild:
    """The job ``rebuild_segments``; rebuilds of one process go one after the other.

    ``turn`` is shared with what renews memberships live, so that neither makes the other's work void.
    """

    def __init__(
        self, database: Database, engine: Engine, folder: DataFolder, now: Callable[[], datetime], turn: asyncio.Lock
    ) -> None:
        self._database = database
        self._engine = engine
        self._folder = folder
        self._now = now
        self._one_rebuild = asyncio.Lock()
        self._turn = turn

    async def __call__(self, rebuild_id: uuid.UUID) -> int:
        """Rebuilds whatever is behind and gives how many got a new version."""
        async with self._one_rebuild:
            async with self._database.unit_of_work() as unit:
                await begin_rebuild(unit, rebuild_id, now=self._now())
            behind = await self._behind()
            async with self._database.unit_of_work() as unit:
                await note_behind(unit, rebuild_id, len(behind))
            problems: dict[uuid.UUID, str] = {}
            swapped = 0
            for level in in_levels(behind, {one: each.definition.needs.segments for one, each in behind.items()}):
                for start in range(0, len(level), RULES_AT_ONCE):
                    batch = level[start : start + RULES_AT_ONCE]
                    began = time.monotonic()
                    async with self._turn:
                        swapped += await self._rebuild(batch, problems)
                    async with self._database.unit_of_work() as unit:
                        await advance_rebuild(unit, rebuild_id, len(batch))
                    await self._give_way((time.monotonic() - began) * MOST_WAIT)
            async with self._database.unit_of_work() as unit:
                await end_rebuild(unit, rebuild_id, problems, now=self._now())
            return swapped

    async def _give_way(self, most_seconds: float) -> None:
        """Waits while others ask, and at least for one look, since theirs may be on its way."""
        until = time.monotonic() + most_seconds
        await asyncio.sleep(LOOK_SECONDS)
        while self._engine.busy and time.monotonic() < until:  # noqa: ASYNC110 -- others' questions end at any moment
            await asyncio.sleep(LOOK_SECONDS)

    async def _behind(self) -> Mapping[uuid.UUID, Segment]:
        async with self._database.read() as unit:
            segments = await all_segments(unit)
            marks = await read_marks(unit, segments)
            data = await read_data_versions(unit)
        stale = find_stale(marks, data, now=self._now(), window_age=REBUILD_WINDOW_AGE)
        return {one: segment for one, segment in segments.items() if stale.get(one)}

    async def _rebuild(self, segment_ids: Sequence[uuid.UUID], problems: dict[uuid.UUID, str]) -> int:
        """Computes some segments of one level and swaps those that nobody else swapped meanwhile."""
        async with self._database.read() as unit:
            # Live events may have renewed them since the rebuild began.
            segments = list((await find_segments(unit, segment_ids)).values())
        computed = {
            **await self._by_rule([one for one in segments if one.definition.rule], problems),
            **await self._by_algebra([one for one in segments if one.definition.expression is not None]),
        }
        swapped = 0
        for segment in segments:
            if segment.id in computed:
                found = computed[segment.id]
                # A transaction each: a swap must not hold the rows of others, nor bytes of many bitmaps.
                async with self._database.unit_of_work() as unit:
                    swapped += await swap_members(
                        unit, segment.id, found.members, found.provenance, after=segment.version, now=self._now()
                    )
        return swapped

    async def _by_rule(
        self, segments: Sequence[Segment], problems: dict[uuid.UUID, str]
    ) -> Mapping[uuid.UUID, Computed]:
        if not segments:
            return {}
        async with self._database.read() as unit:
            data = await read_data_versions(unit)
            dictionary, base = await require_base(unit)
            scope = await read_scope(unit)
            reads: frozenset[uuid.UUID] = frozenset().union(*(one.definition.needs.segments for one in segments))
            parts = await read_members(unit, reads)
        rules: dict[uuid.UUID, Rule] = {}
        for segment in segments:
            try:
                rules[segment.id] = await asyncio.to_thread(read_rule, segment.definition.rule, dictionary, scope)
            except InvalidInput as refusal:
                logger.warning("the segment %s can't be rebuilt: %s", segment.id, refusal.detail)
                problems[segment.id] = refusal.detail
        read_at = self._now()
        async with self._database.read() as unit:
            around = await around_rules(unit, self._folder, list(rules.values()), parts, now=read_at)
        found = await self._engine.members_of(base, list(rules.values()), around)
        members = dict(zip(rules, found, strict=True))
        return {
            segment.id: Computed(
                members=members[segment.id],
                provenance=Provenance(
                    definition=segment.definition.number,
                    base=base.version,
                    usage=data.usage,
                    events=data.events,
                    read_at=read_at,
                    as_of=base.as_of,
                    parts={part: parts[part][0] for part in segment.definition.needs.segments},
                    tags=data.tags,
                ),
            )
            for segment in segments
            if segment.id in rules
        }

    async def _by_algebra(self, segments: Sequence[Segment]) -> Mapping[uuid.UUID, Computed]:
        computed = {}
        for segment in segments:
            async with self._database.read() as unit:
                parts = await read_members(unit, segment.definition.needs.segments)
                known = await find_segments(unit, segment.definition.needs.segments)
            expression = segment.definition.expression
            if expression is not None:
                computed[segment.id] = await asyncio.to_thread(
                    combine_members, segment.definition, expression, parts, known, self._now()
                )
        return computed
