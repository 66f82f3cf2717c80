"""Keeps groups so small that they are persons from being shown, where scenes say who is in them; it must not count."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, StateRefused
from svc_segment.domain.rules.needs import RuleNeeds
from svc_segment.domain.segment import Segment
from svc_segment.domain.tag import LEAST_GROUP, is_few, is_related
from svc_segment.store.scene_roots import read_roots, tagging_segments
from svc_segment.store.sightings import scene_paths


async def refuse_small_groups(
    unit: UnitOfWork, counts: Iterable[int], *, tags: Collection[str] = (), segments: Collection[uuid.UUID] = ()
) -> None:
    """Raises StateRefused GROUP_TOO_SMALL where 1 to 19 subscribers are told by where they were (SEG-29).

    ``tags`` and ``segments`` are what the counts rest on. Nobody and twenty or more may be told; what rests on no scene
    is told whatever the count.
    """
    if any(map(is_few, counts)) and await rests_on_scenes(unit, tags=tags, segments=segments):
        raise group_too_small()


def group_too_small(rules: str = "") -> StateRefused:
    """The refusal to show 1 to 19 whom scenes name, by ``rules`` where several were asked."""
    by = f" by {rules}" if rules else ""
    return StateRefused(
        reason="GROUP_TOO_SMALL",
        detail=f"fewer than {LEAST_GROUP} subscribers{by}: where scenes say who is meant, so few are not shown; ask more widely",
    )


async def hide_small_groups(unit: UnitOfWork, segments: Iterable[Segment]) -> list[Segment]:
    """The segments as they may be shown: one that rests on a scene and shrank to 1 to 19 members has no size (SEG-29).

    It is no refusal: whoever looks after segments has to find it, and campaigns are refused its members.
    """
    found = list(segments)
    hidden = await resting_segments(unit, [one.id for one in found if is_few(one.count)])
    return [replace(one, count=0, small_group=True) if one.id in hidden else one for one in found]


async def refuse_scenes(unit: UnitOfWork, needs: RuleNeeds, *, field: str) -> None:
    """Raises InvalidInput SCENES_LISTED where rules rest on scenes whose outcome is cut by city and handed to others.

    A list by class and city would sooner or later name few whom a scene names (SEG-29).
    """
    if await rests_on_scenes(unit, tags=needs.tags, segments=needs.segments):
        raise InvalidInput(
            reason="SCENES_LISTED",
            field=field,
            detail="a step rests on a tag that a scene gives; classes are listed by city, so where somebody was may "
            "not decide them",
        )


async def resting_segments(unit: UnitOfWork, segment_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Which of the segments rest on scenes; mostly none does, which one look at all of them says."""
    if not await rests_on_scenes(unit, segments=segment_ids):
        return frozenset()
    return frozenset([one for one in segment_ids if await rests_on_scenes(unit, segments=[one])])


async def rests_on_scenes(
    unit: UnitOfWork, *, tags: Collection[str] = (), segments: Collection[uuid.UUID] = ()
) -> bool:
    """Whether a tag that a scene gives or ever gave stands anywhere beneath: in a rule, in a segment that it reads or was tagged by."""
    if not tags and not segments:
        return False
    paths = await scene_paths(unit)
    new_tags, new_segments, known_tags, known_segments = set(tags), set(segments), set[str](), set[uuid.UUID]()
    while new_tags or new_segments:
        if any(is_related(tag, path) for tag in new_tags for path in paths):
            return True
        new_segments |= await tagging_segments(unit, new_tags)
        known_tags |= new_tags
        roots = await read_roots(unit, new_segments - known_segments)
        known_segments |= new_segments | {root.segment_id for root in roots}
        new_tags = {tag for root in roots for tag in root.tags} - known_tags
        new_segments = set()
    return False
