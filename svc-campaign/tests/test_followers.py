"""Facts over the wire: the service follows its peers from where it was, and books each fact once."""

import asyncio
import contextlib

from carillon.channel.v1 import facts_pb2 as channel_facts
from carillon.reward.v1 import facts_pb2 as reward_facts
from svc_campaign.main import build

from .desk import Desk
from .test_conversions import an_order
from .test_responses import inbound, visits

WORKERS = "SELECT consumer, transaction FROM inbox_cursor ORDER BY consumer"


async def test_all_four_peers_are_followed_and_a_restart_goes_on_where_it_was(desk: Desk) -> None:
    campaign_id = await desk.running()
    tell = desk.peers.facts.tell
    tell(channel_facts.MessagesEnded(campaign_id=campaign_id, delivered=[2, 3, 5]))
    tell(inbound(2))
    tell(visits(1))
    tell(an_order())
    tell(reward_facts.RewardsGranted(campaign_id=campaign_id, subscriber_ids=[2], points_each=50))

    async def booked(facts: int) -> bool:
        rows = await desk.fetch(WORKERS)
        return len(rows) == 4 and all(row["transaction"] == facts for row in rows)

    for facts in (5, 6):
        service = build(desk.settings, clock=desk.clock)
        workers = [asyncio.ensure_future(worker()) for worker in service.workers[1:]]
        await desk.until(lambda facts=facts: booked(facts))
        for worker in workers:
            worker.cancel()
        for worker in workers:
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        for close in service.closers:
            await close()
        await service.database.close()
        tell(an_order("order-2", subscriber_id=3, amount_fen=1))

    report = await desk.report(campaign_id)
    assert (report["holdout"].responded, report["mens"].responded) == (1, 1)
    assert (report["mens"].converted, report["womens"].converted) == (1, 1)
    assert (report["mens"].revenue_fen, report["mens"].rewarded, report["mens"].delivered) == (2999, 1, 2)
    assert [fact.earners[0].subscriber_id for fact in await desk.told()] == [2, 3]
