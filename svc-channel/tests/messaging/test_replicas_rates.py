"""Two processes that send from one database over lines of one rate: together they are no faster than one may be."""

from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import Client, House, new_campaign, request, until

RATE = 40
REPLICAS = range(2)
MESSAGES = 160


async def test_two_replicas_send_no_faster_together_than_one_may(house: House, serving: Serving) -> None:
    await house.smsc.start()
    campaign = new_campaign()
    settings = [house.settings(rate_limit_per_second=RATE) for _ in REPLICAS]
    async with serving(build(settings[0])) as channel, serving(build(settings[1])):
        await until(lambda: both_bound(house))
        client = Client(channel)
        await client.submit(request(campaign, [(one, "Hello") for one in range(1, MESSAGES + 1)]))
        progress = await client.until_ended(campaign, MESSAGES)
    [took] = await house.fetch(
        "SELECT extract(epoch FROM max(answered_at) - min(answered_at)) AS seconds FROM message_part"
    )
    assert progress.delivered == MESSAGES
    # Without shares both would send at the whole rate and need half of this.
    assert took["seconds"] > 0.9 * MESSAGES / RATE
    assert took["seconds"] < 2 * MESSAGES / RATE


async def both_bound(house: House) -> bool:
    return bool((await house.smsc.ask(op="stats"))["receivers"] == len(REPLICAS))
