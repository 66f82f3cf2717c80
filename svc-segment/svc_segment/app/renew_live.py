"""Renews memberships for those whom events touched, within seconds; it must not look at anybody else.

What a rule says of the others may change as time goes by; that is a rebuild's business.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_segment.app.compute_members import around_rules
from svc_segment.app.request_rebuild import request_rebuild_of_users
from svc_segment.app.rule_scope import read_scope
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import Base, Provenance, Segment
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.bases import read_base
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.live_touches import Touched, forget_touched, read_touched
from svc_segment.store.memberships import read_members, read_provenances, swap_members
from svc_segment.store.scans import fitting_among
from svc_segment.store.segments import find_reading
from svc_segment.store.surroundings import Surroundings

# Touches of one turn: four seconds of the highest rate, so that what piled up is worked off faster than it comes.
TOUCHES_AT_ONCE = 20_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The segments to renew with what their rules read."""

    base: Base
    segments: Sequence[Segment]
    rules: Mapping[uuid.UUID, Rule]
    members: Mapping[uuid.UUID, tuple[int, BitMap]]
    provenances: Mapping[uuid.UUID, Provenance]
    around: Surroundings


class LiveRenewal:
    """One turn of renewing: whoever was touched since the last, in the segments whose rules read such events.

    ``turn`` is shared with rebuilds, so that neither makes the other's work void.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        folder: DataFolder,
        now: Callable[[], datetime],
        turn: asyncio.Lock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._folder = folder
        self._now = now
        self._turn = turn

    async def __call__(self) -> int:
        """Works in what waits and gives how many touches that were; repeatable, since they go with the new versions."""
        async with self._database.read() as unit:
            touched = await read_touched(unit, limit=TOUCHES_AT_ONCE)
        if not touched.ids:
            return 0
        async with self._turn:
            async with self._database.read() as unit:
                asked = await self._gather(unit, touched)
            fitting = await self._fitting(asked, touched) if asked else {}
            async with self._database.unit_of_work() as unit:
                if asked and not await self._swap(unit, asked, fitting, touched):
                    # Somebody else changed a segment meanwhile; the touches wait for the next turn.
                    return 0
                await forget_touched(unit, touched)
        return len(touched.ids)

    async def _gather(self, unit: UnitOfWork, touched: Touched) -> _Asked | None:
        segments = await find_reading(unit, touched.types)
        if not segments:
            return None
        dictionary = await read_dictionary(unit)
        base = await read_base(unit)
        if base is None:
            return None
        scope = await read_scope(unit)
        rules: dict[uuid.UUID, Rule] = {}
        for segment in segments:
            try:
                rules[segment.id] = await asyncio.to_thread(read_rule, segment.definition.rule, dictionary, scope)
            except InvalidInput as refusal:
                logger.warning("the segment %s can't be renewed: %s", segment.id, refusal.detail)
        reads: frozenset[uuid.UUID] = frozenset().union(*(one.definition.needs.segments for one in segments))
        parts = await read_members(unit, reads)
        around = await around_rules(
            unit,
            self._folder,
            list(rules.values()),
            parts,
            now=self._now(),
            subscriber_ids=touched.subscriber_ids,
        )
        return _Asked(
            base=base,
            segments=[one for one in segments if one.id in rules],
            rules=rules,
            members=await read_members(unit, rules),
            provenances=await read_provenances(unit, rules),
            around=around,
        )

    async def _fitting(self, asked: _Asked, touched: Touched) -> Mapping[uuid.UUID, BitMap]:
        rules = [asked.rules[segment.id] for segment in asked.segments]
        question = fitting_among(asked.base, rules, asked.around, touched.subscriber_ids)
        found = await self._engine.run(question)
        return {segment.id: members for segment, members in zip(asked.segments, found, strict=True)}

    async def _swap(
        self, unit: UnitOfWork, asked: _Asked, fitting: Mapping[uuid.UUID, BitMap], touched: Touched
    ) -> bool:
        """Writes a new version of each segment that changed; False when one was changed by somebody else."""
        everyone_touched = BitMap(touched.subscriber_ids)
        for segment in asked.segments:
            version, before = asked.members[segment.id]
            members = (before - everyone_touched) | fitting[segment.id]
            if members == before:
                continue
            if not await swap_members(
                unit, segment.id, members, asked.provenances[segment.id], after=version, now=self._now()
            ):
                return False
            await request_rebuild_of_users(unit, segment.id, version + 1)
        return True
