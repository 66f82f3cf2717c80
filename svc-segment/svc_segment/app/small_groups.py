"""Keeps groups so small that they are persons from being shown, where scenes say who is in them; it must not count."""

from collections.abc import Iterable

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_segment.domain.rules.needs import RuleNeeds
from svc_segment.domain.tag import LEAST_GROUP
from svc_segment.store.sightings import list_scenes


async def refuse_small_groups(unit: UnitOfWork, needs: RuleNeeds, counts: Iterable[int]) -> None:
    """Raises StateRefused GROUP_TOO_SMALL where a rule over life circles or halls finds 1 to 19 subscribers (SEG-29).

    Nobody and twenty or more may be told; tags of other sources are not of places, so they are told whatever the count.
    """
    if not needs.tags or not any(0 < count < LEAST_GROUP for count in counts):
        return
    paths = {scene.path for scene in await list_scenes(unit)}
    # A tag also stands for those beneath it, and a scene's tag may be one of these.
    if any(_related(tag, path) for tag in needs.tags for path in paths):
        raise StateRefused(
            reason="GROUP_TOO_SMALL",
            detail=f"fewer than {LEAST_GROUP} subscribers: where scenes say who is meant, so few are not shown; ask more widely",
        )


def _related(tag: str, path: str) -> bool:
    return tag == path or path.startswith(f"{tag}/") or tag.startswith(f"{path}/")
