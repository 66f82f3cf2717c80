"""Tags the members of a segment, and takes a tag back; it must not compute who belongs to the segment."""

import uuid
from datetime import date, timedelta

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.small_groups import refuse_small_groups
from svc_segment.domain.tag import MAX_VALID_DAYS, Observation, member_source
from svc_segment.store.memberships import read_members
from svc_segment.store.tags import remove_observations, save_observation


async def tag_segment(
    unit: UnitOfWork, *, path: str, segment_id: uuid.UUID, confidence: float, valid_days: int, today: date
) -> Observation:
    """The members as they are now carry the tag, for ``valid_days`` or (0) until it is taken back (SEG-30, SEG-37).

    Doing it again renews it; other segments with the same tag make it surer. Raises InvalidInput, NotFound,
    StateRefused GROUP_TOO_SMALL: so few whom a scene names get no tag (SEG-29).
    """
    if not 0 <= valid_days <= MAX_VALID_DAYS:
        raise InvalidInput(
            reason="TAG_DAYS",
            field="valid_days",
            detail=f"a tag holds 1 to {MAX_VALID_DAYS} days; 0 is until taken back",
        )
    members = await read_members(unit, [segment_id])
    if segment_id not in members:
        raise NotFound(reason="SEGMENT_NOT_FOUND", field="segment_id", detail=f"there is no segment {segment_id}")
    await refuse_small_groups(unit, [len(members[segment_id][1])], segments=[segment_id])
    found = Observation(
        path=path,
        source=member_source(segment_id),
        observed_on=today,
        expires_on=today + timedelta(days=valid_days) if valid_days else None,
        confidence=confidence,
        subscribers=members[segment_id][1],
    )
    await save_observation(unit, found)
    return found


async def remove_tag(unit: UnitOfWork, path: str, source: str) -> None:
    """Takes a tag from everyone, by one source or all; raises NotFound TAG_NOT_FOUND."""
    if not await remove_observations(unit, path, source):
        raise NotFound(reason="TAG_NOT_FOUND", field="path", detail=f"nobody carries the tag '{path}' by that source")
