"""Asks svc-segment who is in each arm and refuses arms that overlap or are behind the data; opens no transaction."""

from collections.abc import Mapping

from pyroaring import BitMap

from carillon_chassis.errors import StateRefused
from svc_campaign.app.peers import Segments
from svc_campaign.domain.plan import Arm, CampaignPlan


async def check_arms(plan: CampaignPlan, *, segments: Segments) -> Mapping[int, int]:
    """The version of each arm's segment that was checked, by the arm's place.

    Raises StateRefused SEGMENT_STALE or SEGMENT_ARCHIVED, ARMS_OVERLAP with the count, or NOBODY_TO_CONTACT. Whole memberships are held as bitmaps: 12 million subscribers take some 1.5 MB an arm.
    """
    seen, twice = BitMap(), BitMap()
    contacts = 0
    versions: dict[int, int] = {}
    for place, arm in enumerate(plan.arms):
        # Just before it is streamed, which keeps it: events may renew a segment more than once while another streams.
        versions[place] = await _version(place, arm, segments)
        members = BitMap()
        async for batch in segments.stream_members(arm.segment_id, (), version=versions[place]):
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
    return versions


async def _version(place: int, arm: Arm, segments: Segments) -> int:
    """The version to launch with; a segment that is gone, put away or behind the data has none."""
    field = f"plan.arms[{place}].segment_id"
    standing = await segments.look_at(arm.segment_id)
    if standing is None:
        raise StateRefused(
            reason="SEGMENT_UNKNOWN", field=field, detail=f"The segment {arm.segment_id} of {arm.name} is gone."
        )
    if standing.archived:
        raise StateRefused(
            reason="SEGMENT_ARCHIVED",
            field=field,
            detail=f"The segment '{standing.name}' of {arm.name} is archived; take it out of the archive first.",
        )
    if standing.stale_reasons:
        raise StateRefused(
            reason="SEGMENT_STALE",
            field=field,
            detail=f"The segment '{standing.name}' of {arm.name} is behind the data "
            f"({', '.join(standing.stale_reasons).lower()} moved on); launch once it is rebuilt: "
            "POST /segments/rebuilds starts that at once.",
            metadata={"segment_id": str(arm.segment_id), "reasons": ",".join(standing.stale_reasons)},
        )
    return standing.version
