"""Gives a classification other steps or thresholds; it must not classify anyone."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict, NotFound
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.small_groups import refuse_scenes
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.classification import Classification
from svc_segment.domain.match_texts import read_optional
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.reader import NO_MORE_NAMES
from svc_segment.domain.rules.scope import Scope
from svc_segment.domain.rules.tree import Rule
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.classifications import insert_classification, read_classifications


async def change_classification(unit: UnitOfWork, said: Classification, *, by: str, now: datetime) -> Classification:
    """The new version, in force from now on (SEG-61: thresholds are settings). Raises InvalidInput RULE_*, SCENES_LISTED."""
    steps = await asyncio.to_thread(read_steps, said, await read_dictionary(unit), await read_scope(unit))
    await refuse_scenes(unit, rule_needs(*steps), field="classification.steps")
    standing = (await read_classifications(unit)).get(said.code)
    changed = replace(said, version=standing.version + 1 if standing else 1)
    if not await insert_classification(unit, changed, by=by, now=now):
        raise Conflict(
            reason="CLASSIFICATION_CHANGED",
            field="classification.version",
            detail="somebody else changed it just now; read it again",
        )
    return changed


async def require_classification(unit: UnitOfWork, code: str) -> Classification:
    """The classification as it stands; raises NotFound CLASSIFICATION_NOT_FOUND."""
    standing: Mapping[str, Classification] = await read_classifications(unit)
    if code not in standing:
        raise NotFound(
            reason="CLASSIFICATION_NOT_FOUND",
            field="code",
            detail=f"there is no classification '{code}'; there are {', '.join(sorted(standing))}",
        )
    return standing[code]


def read_steps(classification: Classification, dictionary: Dictionary, scope: Scope = NO_MORE_NAMES) -> list[Rule]:
    """The steps' tests as trees; raises InvalidInput RULE_*, whose field names the step."""
    return [
        read_optional(step.test, dictionary, scope, field=f"classification.steps[{number}].test")
        for number, step in enumerate(classification.steps, start=1)
    ]
