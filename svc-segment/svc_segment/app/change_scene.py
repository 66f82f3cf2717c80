"""Chooses a scene, changes it or watches it no longer, and lets go what was found by a tag that it gives no more (SEG-29)."""

import asyncio
import uuid
from collections.abc import Collection, Iterator
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_segment.app.rule_scope import read_scope
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.match_library import MatchLibrary, MatchRule
from svc_segment.domain.match_texts import read_extract, read_optional
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.scope import Scope
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.scene import Scene
from svc_segment.domain.tag import is_related
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.match_library import read_library
from svc_segment.store.match_runs import find_run
from svc_segment.store.scene_remnants import (
    empty_shares,
    forget_extracted,
    note_remnants,
    resting_on,
    runs_with_sets,
    take_back_given,
)
from svc_segment.store.sightings import end_scene, list_scenes, put_scene


async def choose_scene(unit: UnitOfWork, scene: Scene, *, by: str, now: datetime) -> None:
    """Watches a scene from now on, or in another way; with another tag, what was found by the one before goes."""
    before = await _path_of(unit, scene.code)
    await put_scene(unit, scene, by=by, now=now)
    if before is not None and before != scene.path:
        await _let_go(unit, before, now)


async def leave_scene(unit: UnitOfWork, code: str, *, by: str, now: datetime) -> bool:
    """Watches a scene no longer: who was in it, its tag and what was found by it go. False when there is none."""
    path = await _path_of(unit, code)
    if path is None or not await end_scene(unit, code, by=by, now=now):
        return False
    await _let_go(unit, path, now)
    return True


async def _path_of(unit: UnitOfWork, code: str) -> str | None:
    return next((scene.path for scene in await list_scenes(unit) if scene.code == code), None)


async def _let_go(unit: UnitOfWork, path: str, now: datetime) -> None:
    """What others were told by the tag goes at once, but for memberships: they are renewed first, then their past goes."""
    segments, tags = await resting_on(unit, path)
    await take_back_given(unit, segments)
    await note_remnants(unit, segments, now)
    dictionary, scope = await read_dictionary(unit), await read_scope(unit)
    over: set[str] = set()
    for run_id in await runs_with_sets(unit):
        run = await find_run(unit, run_id)
        if run is not None:
            resting = await asyncio.to_thread(_resting, run.library, dictionary, scope, segments, tags)
            await empty_shares(unit, run_id, resting)
            over |= resting
    over |= await asyncio.to_thread(_resting, await read_library(unit), dictionary, scope, segments, tags)
    await forget_extracted(unit, over)


def _resting(
    library: MatchLibrary,
    dictionary: Dictionary,
    scope: Scope,
    segments: Collection[uuid.UUID],
    tags: Collection[str],
) -> set[str]:
    """The rules whose fitting rests on the tags or the segments; one that can't be read any more counts as one."""

    def rests(rule: MatchRule) -> bool:
        try:
            needs = rule_needs(*_texts(rule, library, dictionary, scope))
        except InvalidInput:
            return True
        asked = any(is_related(tag, path) for tag in needs.tags for path in tags)
        return asked or not needs.segments.isdisjoint(segments)

    return {code for code, rule in library.rules.items() if rests(rule)}


def _texts(rule: MatchRule, library: MatchLibrary, dictionary: Dictionary, scope: Scope) -> Iterator[Rule]:
    """All that decides who could take the rule's service."""
    service = library.services[rule.service]
    yield read_extract(rule, dictionary, scope)
    yield read_optional(service.owned_when, dictionary, scope, field="owned_when")
    yield read_optional(service.terminal, dictionary, scope, field="terminal")
