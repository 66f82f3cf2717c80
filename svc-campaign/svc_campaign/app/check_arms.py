"""Asks svc-segment who is in each arm and refuses arms that overlap, before a single message; opens no transaction."""

from pyroaring import BitMap

from carillon_chassis.errors import StateRefused
from svc_campaign.app.peers import Segments
from svc_campaign.domain.plan import CampaignPlan


async def check_arms(plan: CampaignPlan, *, segments: Segments) -> None:
    """Raises StateRefused ARMS_OVERLAP with the count, or NOBODY_TO_CONTACT.

    Whole memberships are held as bitmaps: 12 million subscribers take some 1.5 MB an arm.
    """
    seen, twice = BitMap(), BitMap()
    contacts = 0
    for arm in plan.arms:
        members = BitMap()
        async for batch in segments.stream_members(arm.segment_id, ()):
            members.update(batch.subscriber_ids)
        twice |= seen & members
        seen |= members
        contacts += 0 if arm.holdout else len(members)
    if twice:
        raise StateRefused(
            reason="ARMS_OVERLAP",
            field="plan.arms",
            detail=f"{len(twice)} subscribers are in more than one arm; make the segments' rules exclude each other.",
            metadata={"count": str(len(twice))},
        )
    if not contacts:
        raise StateRefused(
            reason="NOBODY_TO_CONTACT", field="plan.arms", detail="The segments of all treatment arms are empty."
        )
