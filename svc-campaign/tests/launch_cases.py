"""A launch that is cut into many batches, and what it must have come to however it was disturbed."""

from carillon.campaign.v1 import campaign_pb2

from .desk import HOLDOUT, MENS, WOMENS, Desk

# Odd sizes, so that batches are cut in the middle of arms: 23 men, 17 women, 11 held out, in batches of 5.
MANY = {MENS: list(range(1, 24)), WOMENS: list(range(100, 117)), HOLDOUT: list(range(50, 61))}
CONTACT_BATCHES = 5 + 4
BATCHES = CONTACT_BATCHES + 3


def many(desk: Desk) -> None:
    desk.peers.segment.segments |= MANY
    desk.peers.segment.batch_rows = 5


async def assert_complete(desk: Desk, campaign_id: str) -> None:
    """Every member booked once in its arm, every contact sent one text, no batch twice."""
    members = await desk.fetch("SELECT subscriber_id, arm, contacted, link_token FROM member ORDER BY subscriber_id")
    by_arm: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for member in members:
        by_arm[member["arm"]].append(member["subscriber_id"])
        assert member["contacted"] is (member["arm"] != 1)
        assert (member["link_token"] is not None) is member["contacted"]
    assert by_arm == {0: MANY[MENS], 1: MANY[HOLDOUT], 2: MANY[WOMENS]}
    assert sorted(desk.peers.channel.texts()) == MANY[MENS] + MANY[WOMENS]
    batches = await desk.fetch("SELECT number, members, contacts, payload, handed_at FROM launch_batch ORDER BY number")
    assert [batch["number"] for batch in batches] == list(range(1, BATCHES + 1))
    assert [batch["members"] for batch in batches] == [5, 5, 5, 5, 3, 5, 5, 5, 2, 5, 5, 1]
    assert all(batch["payload"] is None and batch["handed_at"] is not None for batch in batches)
    assert sorted(number for _, number in desk.peers.channel.batches) == list(range(1, CONTACT_BATCHES + 1))
    campaign = await desk.get(campaign_id)
    assert campaign.state == campaign_pb2.CAMPAIGN_STATE_RUNNING
    progress = campaign.progress
    assert (progress.members, progress.contacts_booked, progress.handed_to_channel) == (51, 40, 40)
    assert progress.problem == ""
