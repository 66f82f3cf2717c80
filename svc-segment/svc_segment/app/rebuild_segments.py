"""Computes every segment anew after a snapshot; each membership is swapped whole, none is ever half done."""

import asyncio

from carillon_chassis.database import Database
from svc_segment.app.current_base import require_base
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.engine import Engine
from svc_segment.store.segments import list_rules, swap_members


async def rebuild_segments(database: Database, engine: Engine) -> int:
    """Brings all segments to the current version of the subscribers and gives how many were behind it.

    Repeatable: a segment that is built on this version already is left alone.
    """
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
        rules = await list_rules(unit)
    swapped = 0
    for segment_id, rule in rules.items():
        checked = await asyncio.to_thread(read_rule, rule, dictionary)
        members = await engine.members(base, checked)
        async with database.unit_of_work() as unit:
            swapped += await swap_members(unit, segment_id, members, base)
    return swapped
