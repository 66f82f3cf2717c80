"""Shows a match: how far it is and what every rule came to; it must not show whom."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.small_groups import rests_on_scenes
from svc_segment.domain.match_run import MatchRun, ShareCount
from svc_segment.domain.match_texts import read_extract
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.tag import LEAST_GROUP
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
    if all(not small_count(count) for count in counts):
        return run, counts
    resting = await resting_rules(unit, run)
    return run, [hidden(one) if small_count(one) and one.rule in resting else one for one in counts]


def small_count(count: ShareCount) -> bool:
    """Whether a number of it is persons and no group."""
    return any(map(_few, (count.fitting, *count.placed)))


def hidden(count: ShareCount) -> ShareCount:
    """What may be shown of a rule whose few a scene names (SEG-29)."""
    return replace(
        count,
        fitting=0 if _few(count.fitting) else count.fitting,
        placed=[0 for _ in count.placed] if any(map(_few, count.placed)) else count.placed,
        small_group=True,
    )


def _few(count: int) -> bool:
    return 0 < count < LEAST_GROUP


async def resting_rules(unit: UnitOfWork, run: MatchRun) -> frozenset[str]:
    """The run's rules that rest on scenes; a rule that can't be read any more counts as one."""
    dictionary, scope = await read_dictionary(unit), await read_scope(unit)
    found = set()
    for code, rule in run.library.rules.items():
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
