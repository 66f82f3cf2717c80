"""An SMSC that throttles slows the sender down and loses nothing."""

from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import Client, House, new_campaign, request
from .segment import number_of


async def test_throttled_messages_are_sent_later_and_not_counted_as_attempts(house: House, serving: Serving) -> None:
    house.smsc.options = ("--throttle-per-second", "150")
    await house.smsc.start()
    campaign = new_campaign()
    async with serving(build(house.settings())) as channel:
        client = Client(channel)
        await client.submit(request(campaign, [(one, "Hello") for one in range(1, 401)]))
        progress = await client.until_ended(campaign, 400)
    assert (progress.delivered, progress.in_doubt) == (400, 0)
    assert house.smsc.accepted() == {number_of(one): 1 for one in range(1, 401)}
    assert await house.fetch("SELECT DISTINCT attempts FROM message") == [{"attempts": 1}]


async def test_a_full_smsc_gets_its_messages_when_it_has_room(house: House, serving: Serving) -> None:
    house.smsc.options = ("--queue-limit", "20", "--receipt-delay-seconds", "0.3")
    await house.smsc.start()
    campaign = new_campaign()
    async with serving(build(house.settings())) as channel:
        client = Client(channel)
        await client.submit(request(campaign, [(one, "Hello") for one in range(1, 61)]))
        progress = await client.until_ended(campaign, 60)
    assert (progress.delivered, progress.failed) == (60, 0)
    assert house.smsc.accepted() == {number_of(one): 1 for one in range(1, 61)}


async def test_a_thousand_messages_pass_a_peer_half_as_fast_each_asked_for_patience_five_times_at_most(
    house: House, serving: Serving
) -> None:
    house.smsc.options = ("--throttle-per-second", "100")
    await house.smsc.start()
    campaign = new_campaign()
    async with serving(build(house.settings(rate_limit_per_second=200))) as channel:
        client = Client(channel)
        await client.submit(request(campaign, [(one, "Hello") for one in range(1, 1_001)]))
        progress = await client.until_ended(campaign, 1_000)
        stats = await house.smsc.ask(op="stats")
    assert (progress.delivered, progress.failed, progress.in_doubt) == (1_000, 0, 0)
    assert house.smsc.accepted() == {number_of(one): 1 for one in range(1, 1_001)}
    assert stats["throttled"] > 0
    assert stats["most_throttled"] <= 5
