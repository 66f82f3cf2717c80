"""Shows a match: how far it is and what every rule came to; it must not show whom."""

import asyncio
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.small_groups import rests_on_scenes
from svc_segment.domain.match_run import MatchRun, ShareCount
from svc_segment.domain.match_texts import read_extract
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.tag import is_few
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.match_runs import count_shares, find_run


async def get_match(unit: UnitOfWork, run_id: uuid.UUID) -> tuple[MatchRun, Sequence[ShareCount]]:
    """A run with its counts, which are there once it is done. Raises NotFound MATCH_NOT_FOUND.

    Counts that are persons of a scene are not shown.
    """
    run = await find_run(unit, run_id)
    if run is None:
        raise match_not_found(run_id)
    counts = await count_shares(unit, run_id)
    hidden = await resting_rules(
        unit, run, {one.rule for one in counts if any(map(is_few, (one.fitting, *one.placed)))}
    )
    return run, [_without_few(one) if one.rule in hidden else one for one in counts]


def _without_few(count: ShareCount) -> ShareCount:
    """What may be shown of a rule whose few a scene names (SEG-29)."""
    return replace(
        count,
        fitting=0 if is_few(count.fitting) else count.fitting,
        placed=[0 for _ in count.placed] if any(map(is_few, count.placed)) else count.placed,
        small_group=True,
    )


async def resting_rules(unit: UnitOfWork, run: MatchRun, among: Collection[str]) -> frozenset[str]:
    """Which of some rules of the run rest on scenes; a rule that can't be read any more counts as one."""
    if not among:
        return frozenset()
    dictionary, scope = await read_dictionary(unit), await read_scope(unit)
    found = set()
    for code in among:
        rule = run.library.rules[code]
        try:
            needs = rule_needs(await asyncio.to_thread(read_extract, rule, dictionary, scope))
        except InvalidInput:
            found.add(code)
            continue
        if await rests_on_scenes(unit, tags=needs.tags, segments=needs.segments):
            found.add(code)
    return frozenset(found)


def match_not_found(run_id: uuid.UUID) -> NotFound:
    """No run has this id."""
    return NotFound(reason="MATCH_NOT_FOUND", field="id", detail=f"there is no match {run_id}")
