"""Says which segments one subscriber belongs to by their current memberships; it must not evaluate rules."""

from collections.abc import Sequence

from carillon_chassis.database import Database
from svc_segment.domain.segment import Segment
from svc_segment.store.membership_cache import MembershipCache
from svc_segment.store.segments import find_segments


async def list_memberships(database: Database, cache: MembershipCache, subscriber_id: int) -> Sequence[Segment]:
    """The segments, not archived, that the subscriber is in, by rising id (SEG-27, SEG-68); none for a stranger."""
    segment_ids = await cache.containing(subscriber_id)
    async with database.read() as unit:
        found = await find_segments(unit, segment_ids)
    return [found[segment_id] for segment_id in segment_ids if segment_id in found]
