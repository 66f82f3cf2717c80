"""Texts are answered over the wire: ahead of all bulk, and none is lost when the service is killed (CHN-06)."""

from carillon_chassis.clock import SystemClock
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.texting.desks import TextDesk
from svc_channel.main import build
from svc_channel.store.text_desks import put_desk

from .house import Client, House, new_campaign, request, until
from .segment import number_of

DESK = "10658"


async def open_desk(house: House) -> None:
    """The shipped menu at a number."""
    async with house.database.unit_of_work() as unit:
        await put_desk(unit, TextDesk(recipient=DESK, menu="text-zh"), by="test", now=SystemClock().now())


async def write(house: House, *subscribers: int) -> None:
    """They write to it, all at once."""
    messages = [{"from": number_of(one).removeprefix("+"), "to": DESK, "text": "hi"} for one in subscribers]
    assert (await house.smsc.ask(op="mo", messages=messages))["ok"]


async def test_an_answer_reaches_the_handset_while_bulk_still_waits(house: House, serving: Serving) -> None:
    await open_desk(house)
    await house.smsc.start()
    service = build(house.settings(rate_limit_per_second=20))
    async with serving(service) as channel:
        client = Client(channel)
        campaign = new_campaign()
        await client.submit(request(campaign, [(one, "new arrivals") for one in range(1, 2001)]))
        await write(house, 5000)

        async def is_answered() -> bool:
            return house.smsc.accepted()[number_of(5000)] == 1

        await until(is_answered)
        assert (await client.progress(campaign)).queued > 0
    await service.database.close()
    [answer] = [one for one in house.smsc.records() if one.destination == number_of(5000).removeprefix("+")]
    assert answer.source == DESK


async def test_no_text_stays_without_its_answer_when_the_service_is_killed(house: House) -> None:
    await open_desk(house)
    await house.smsc.start()
    service = house.process()
    await service.start()
    await write(house, *range(1, 301))

    async def is_under_way() -> bool:
        return bool(await house.fetch("SELECT 1 FROM inbound LIMIT 1"))

    await until(is_under_way)
    await service.kill()
    await service.start()

    async def is_all_answered() -> bool:
        answered = await house.fetch("SELECT DISTINCT sender FROM text_exchange WHERE outcome = 'answered'")
        waiting = await house.fetch("SELECT 1 FROM text_exchange WHERE outcome = '' LIMIT 1")
        return len(answered) == 300 and not waiting

    await until(is_all_answered)
    # A text has an answer or it is a repetition; no answer belongs to no text, and none to two.
    exchanges = await house.fetch("SELECT reply_id FROM text_exchange WHERE outcome = 'answered'")
    replies = await house.fetch("SELECT id FROM message WHERE class = 'reply'")
    assert sorted(row["reply_id"] for row in exchanges) == sorted(row["id"] for row in replies)
    await service.stop()
