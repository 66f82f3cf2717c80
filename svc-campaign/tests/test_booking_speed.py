"""How fast clicks and facts are booked; the figures are printed by `pytest -rP`."""

import asyncio
import time

from carillon.campaign.v1 import campaign_pb2
from carillon.channel.v1 import facts_pb2 as channel_facts
from carillon_chassis.client import invoke
from svc_campaign.domain.link_token import write_token

from .desk import HOLDOUT, MENS, WOMENS, Desk
from .factories import LAUNCHED_AT
from .test_conversions import an_order
from .test_responses import HOUR, inbound

CLICKS = 2_000
# As many calls at once as a gateway has connections in use.
CALLERS = 16
# Far below what a free machine does, so that a busy one passes.
SLOWEST_CLICKS_PER_SECOND = 50
ORDERS = 300
ENDINGS = 20_000


async def test_clicks_orders_and_endings_are_booked_by_the_hundred_a_second(desk: Desk) -> None:
    desk.peers.segment.segments |= {MENS: list(range(1, 20_001)), WOMENS: [], HOLDOUT: []}
    campaign_id = await desk.running()
    desk.clock.at = LAUNCHED_AT + HOUR
    rows = await desk.fetch("SELECT link_token FROM member ORDER BY random() LIMIT $1", CLICKS)
    tokens = iter([write_token(row["link_token"]) for row in rows])

    async def caller() -> None:
        for token in tokens:
            await invoke(desk.links.FollowLink, campaign_pb2.FollowLinkRequest(token=token))

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    clicks = CLICKS / (time.perf_counter() - started)
    started = time.perf_counter()
    for number in range(ORDERS):
        await desk.tell(an_order(f"order-{number}", subscriber_id=number + 1))
    orders = ORDERS / (time.perf_counter() - started)
    started = time.perf_counter()
    for start in range(1, ENDINGS, 500):
        delivered = range(start, start + 500)
        await desk.tell(channel_facts.MessagesEnded(campaign_id=campaign_id, delivered=delivered))
        await desk.tell(inbound(*delivered))
    endings = ENDINGS / (time.perf_counter() - started)
    print(f"{clicks:.0f} clicks/s, {orders:.0f} orders/s one a fact, {endings:.0f} endings and answers/s by 500 a fact")  # noqa: T201 -- the figure
    mens = (await desk.report(campaign_id))["mens"]
    assert (mens.responded, mens.converted, mens.delivered) == (20_000, ORDERS, ENDINGS)
    assert clicks > SLOWEST_CLICKS_PER_SECOND
