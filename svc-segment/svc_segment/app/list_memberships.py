"""Says which segments one subscriber belongs to by their current memberships; it must not evaluate rules."""

from collections.abc import Sequence

from svc_segment.store.membership_cache import CurrentMembership, MembershipCache


async def list_memberships(cache: MembershipCache, subscriber_id: int) -> Sequence[CurrentMembership]:
    """The segments, not archived, that the subscriber is in, by rising id (SEG-27, SEG-68); none for a stranger."""
    return await cache.containing(subscriber_id)
