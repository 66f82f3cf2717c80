"""Counts who fits a rule now, exactly; it must not keep anything."""

import asyncio
import time
from datetime import datetime

from carillon_chassis.database import Database
from svc_segment.app.current_base import require_base
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.small_groups import refuse_small_groups
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.segment import Preview
from svc_segment.domain.tag import is_few
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.surroundings import NOTHING, read_surroundings


async def preview_rule(database: Database, engine: Engine, folder: DataFolder, rule: str, *, now: datetime) -> Preview:
    """The exact count, the day of the data and the milliseconds it took; raises InvalidInput RULE_*."""
    started = time.perf_counter()
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
        scope = await read_scope(unit)
    # A long rule takes a tenth of a second to read, and others are waiting.
    checked = await asyncio.to_thread(read_rule, rule, dictionary, scope)
    needs, around = rule_needs(checked), NOTHING
    if needs.beside:
        async with database.read() as unit:
            around = await read_surroundings(unit, folder, needs, as_of=now)
    count = await engine.count(base, checked, around)
    if is_few(count) and (needs.tags or needs.segments):
        async with database.read() as unit:
            await refuse_small_groups(unit, [count], tags=needs.tags, segments=needs.segments)
    return Preview(count=count, as_of=base.as_of, took_ms=round((time.perf_counter() - started) * 1000))
