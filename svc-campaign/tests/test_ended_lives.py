"""A life that ended stays in its arm with what it did, and nothing more: not contacted, no responses, no conversions."""

from datetime import datetime, timedelta

from carillon.catalog.v1 import facts_pb2 as catalog_facts
from carillon.segment.v1 import facts_pb2 as segment_facts

from .desk import Desk
from .factories import LAUNCHED_AT
from .test_responses import HOUR, follow, inbound, responded, stamp, visits


async def end(desk: Desk, *subscriber_ids: int, at: datetime = LAUNCHED_AT + HOUR) -> None:
    lives = [segment_facts.EndedSubscriber(subscriber_id=one, ended_on="2011-03-31") for one in subscriber_ids]
    [handle] = [
        handler for kind, handler in desk.handlers.of_segment().items() if kind is segment_facts.SubscribersEnded
    ]
    async with desk.database.unit_of_work() as unit:
        await handle(unit, segment_facts.SubscribersEnded(subscribers=lives), at)


def order(subscriber_id: int, *, at: datetime, amount_fen: int = 500) -> catalog_facts.OrderActivated:
    return catalog_facts.OrderActivated(
        order_id=f"{subscriber_id}-{at.isoformat()}",
        subscriber_id=subscriber_id,
        service="WIRELESS_MUSIC",
        amount_fen=amount_fen,
        activated_at=stamp(at),
    )


async def test_nothing_is_booked_on_a_life_from_its_end_on(desk: Desk) -> None:
    campaign_id = await desk.running()
    await end(desk, 1, 2, 3, 5)
    await end(desk, 2, at=LAUNCHED_AT + 5 * HOUR)
    later = LAUNCHED_AT + 2 * HOUR
    await desk.tell(inbound(2, 6, at=later))
    await desk.tell(visits(1, 3, 4, at=later))
    assert await follow(desk, 5, at=later) == "https://portal.example/offer"
    await desk.tell(order(2, at=later))
    await desk.tell(order(9, at=later))
    assert set(await responded(desk)) == {4, 6}
    report = await desk.report(campaign_id)
    assert {name: (arm.subscribers, arm.converted) for name, arm in report.items()} == {
        "holdout": (4, 0),
        "mens": (3, 0),
        "womens": (3, 1),
    }
    told = await desk.fetch("SELECT count(*) AS told FROM outbox WHERE type LIKE '%RewardsEarned'")
    assert told[0]["told"] == 1


async def test_what_a_life_did_before_its_end_counts_whenever_it_is_told(desk: Desk) -> None:
    campaign_id = await desk.running()
    await end(desk, 2)
    before = LAUNCHED_AT + HOUR - timedelta(microseconds=1)
    await desk.tell(visits(2, at=before))
    await desk.tell(order(2, at=before))
    assert await responded(desk) == {2: (before, "event")}
    assert (await desk.report(campaign_id))["mens"].converted == 1


async def test_who_is_no_more_is_left_out_of_a_launch_in_every_arm(desk: Desk) -> None:
    campaign_id = await desk.launched()
    await end(desk, 4, 5)
    await desk.run_launch(campaign_id)
    assert sorted(desk.peers.channel.texts()) == [2, 3, 6, 8, 9]
    report = await desk.report(campaign_id)
    assert {name: arm.subscribers for name, arm in report.items()} == {"holdout": 3, "mens": 2, "womens": 3}
