"""Counts who fits each row and column of a grid of rules, exactly and in one pass; it must not keep anything."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput
from svc_segment.app.current_base import require_base
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.small_groups import refuse_small_groups
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.grid import Grid, add_up
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.scope import Scope
from svc_segment.domain.rules.tree import Constant, Rule
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.scans import patterns_of
from svc_segment.store.surroundings import read_surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedGrid:
    """A grid, the day of the data and the milliseconds it took."""

    grid: Grid
    as_of: date
    took_ms: int


async def count_grid(
    database: Database,
    engine: Engine,
    folder: DataFolder,
    *,
    keep: str,
    rows: Sequence[str],
    columns: Sequence[str],
    now: datetime,
) -> CountedGrid:
    """Who of those that fit ``keep`` (all, where it is empty) fits each row and column (SEG-72, SEG-73).

    Raises InvalidInput RULE_* with the field of the rule, such as ``rows[2]``.
    """
    started = time.perf_counter()
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
        scope = await read_scope(unit)
    reader = _GridReader(dictionary, scope)
    kept = await reader.read(keep, "filter") if keep.strip() else Constant(value=True)
    row_rules = [await reader.read(rule, f"rows[{place}]") for place, rule in enumerate(rows)]
    column_rules = [await reader.read(rule, f"columns[{place}]") for place, rule in enumerate(columns)]
    rules = [kept, *row_rules, *column_rules]
    needs = rule_needs(*rules)
    async with database.read() as unit:
        around = await read_surroundings(unit, folder, needs, as_of=now)
    patterns = await engine.ask_about(base, rules, patterns_of(kept, row_rules, column_rules), around)
    grid = add_up(patterns, rows=len(rows), columns=len(columns))
    if needs.tags or needs.segments:
        async with database.read() as unit:
            await refuse_small_groups(unit, grid.every_count(), tags=needs.tags, segments=needs.segments)
    return CountedGrid(grid=grid, as_of=base.as_of, took_ms=round((time.perf_counter() - started) * 1000))


class _GridReader:
    """Reads the rules of one grid, each under the name of its field."""

    def __init__(self, dictionary: Dictionary, scope: Scope) -> None:
        self._dictionary = dictionary
        self._scope = scope

    async def read(self, rule: str, field: str) -> Rule:
        """The rule as a tree; raises InvalidInput RULE_* under ``field``."""
        try:
            return await asyncio.to_thread(read_rule, rule, self._dictionary, self._scope)
        except InvalidInput as refusal:
            raise InvalidInput(
                reason=refusal.reason, field=field, detail=refusal.detail, metadata=refusal.metadata
            ) from refusal
