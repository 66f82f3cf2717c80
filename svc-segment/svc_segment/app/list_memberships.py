"""Says which segments one subscriber belongs to by their current memberships; it must not evaluate rules."""

from collections.abc import Sequence

from carillon_chassis.database import Database
from svc_segment.app.small_groups import resting_segments
from svc_segment.domain.tag import is_few
from svc_segment.store.membership_cache import CurrentMembership, MembershipCache


async def list_memberships(
    database: Database, cache: MembershipCache, subscriber_id: int
) -> Sequence[CurrentMembership]:
    """The segments, not archived, that the subscriber is in, by rising id (SEG-27, SEG-68); none for a stranger.

    Of a group of fewer than twenty whom a scene names nobody is shown to be a member (SEG-29).
    """
    found = await cache.containing(subscriber_id)
    small = [one.segment_id for one in found if is_few(one.count)]
    if not small:
        return found
    async with database.read() as unit:
        hidden = await resting_segments(unit, small)
    return [one for one in found if one.segment_id not in hidden]
