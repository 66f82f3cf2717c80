"""The loop from a submitted batch to matched receipts, over gRPC, PostgreSQL and a real SMSC process."""

import json

from carillon.channel.v1 import facts_pb2
from carillon_chassis.telemetry import TRACEPARENT
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import Client, House, client_of, new_campaign, request, until
from .segment import number_of


async def test_every_message_of_a_batch_is_sent_and_its_receipt_ends_it(house: House, client: Client) -> None:
    campaign = new_campaign()
    rows = [(one, f"Hello {one}") for one in range(1, 401)]
    [taken] = await client.submit(request(campaign, rows))
    assert (taken.batch, taken.accepted, taken.replayed) == (1, 400, False)

    progress = await client.until_ended(campaign, 400)
    assert (progress.delivered, progress.receipts, progress.in_doubt) == (400, 400, 0)
    assert (progress.queued, progress.sending, progress.sent, progress.failed) == (0, 0, 0, 0)
    assert await house.ended(campaign) == (list(range(1, 401)), {})
    assert house.smsc.accepted() == {number_of(one): 1 for one in range(1, 401)}

    async def nothing_owed() -> bool:
        return int((await house.smsc.ask(op="stats"))["owed"]) == 0

    await until(nothing_owed)
    assert (
        await house.fetch("SELECT 1 FROM claim UNION ALL SELECT 1 FROM doubt UNION ALL SELECT 1 FROM orphan_receipt")
        == []
    )
    assert await house.fetch("SELECT DISTINCT attempts, resends FROM message") == [{"attempts": 1, "resends": 0}]


async def test_a_message_fails_as_its_receipt_says(house: House, serving: Serving) -> None:
    house.smsc.options = ("--outcome", "07=UNDELIVERABLE", "--outcome", "08=EXPIRED")
    await house.smsc.start()
    campaign = new_campaign()
    async with serving(build(house.settings())) as channel:
        client = Client(channel)
        await client.submit(request(campaign, [(one, "Hello") for one in range(1, 11)]))
        progress = await client.until_ended(campaign, 10)
    assert (progress.delivered, progress.failed, progress.receipts) == (8, 2, 10)
    delivered, failed = await house.ended(campaign)
    assert delivered == [1, 2, 3, 4, 5, 6, 9, 10]
    assert failed == {7: "UNDELIVERABLE", 8: "EXPIRED"}


async def test_a_long_chinese_text_goes_as_parts_and_ends_once(house: House, client: Client) -> None:
    campaign = new_campaign()
    await client.submit(request(campaign, [(1, "彩铃" * 80), (2, "短")]))
    progress = await client.until_ended(campaign, 2)
    assert (progress.delivered, progress.receipts) == (2, 2)
    assert house.smsc.accepted() == {number_of(1): 3, number_of(2): 1}
    assert await house.ended(campaign) == ([1, 2], {})


async def test_a_message_the_smsc_cannot_hold_ends_refused(house: House, client: Client) -> None:
    campaign = new_campaign()
    await client.submit(request(campaign, [(1, "Hello")]))
    await client.until_ended(campaign, 1)
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE batch SET sender = '123456789012345678901'")
        await unit.driver.execute(
            "UPDATE message SET state = 'queued', due_at = now(), ended_at = NULL; DELETE FROM message_part"
        )
    progress = await client.until_ended(campaign, 1)
    assert (progress.failed, progress.receipts) == (1, 0)
    assert (await house.ended(campaign))[1] == {1: "TEXT_FIELD_REFUSED"}


async def test_the_submit_continues_the_trace_of_the_batch(house: House) -> None:
    await house.smsc.start()
    service = house.process(TRACES=f"file:{house.folder}/spans")
    await service.start()
    campaign = new_campaign()
    client = client_of(service)
    await client.submit(request(campaign, [(1, "Hello")]))
    await client.until_ended(campaign, 1)
    await service.stop()
    spans = [json.loads(line) for line in (house.folder / "spans").read_text().splitlines()]
    [taking] = [span for span in spans if span["name"].endswith("/SubmitMessages")]
    [submitting] = [span for span in spans if span["name"] == "line.submit"]
    assert submitting["context"]["trace_id"] == taking["context"]["trace_id"]
    assert submitting["parent_id"] == taking["context"]["span_id"]
    [row] = await house.fetch("SELECT traceparent FROM batch")
    assert TRACEPARENT.match(row["traceparent"])


async def test_messages_wait_while_the_smsc_is_away_and_go_when_it_comes(house: House, serving: Serving) -> None:
    await house.smsc.start()
    await house.smsc.stop()
    campaign = new_campaign()
    async with serving(build(house.settings())) as channel:
        client = Client(channel)
        await client.submit(request(campaign, [(1, "Hello")]))
        assert (await client.progress(campaign)).queued == 1
        await house.smsc.start()
        assert (await client.until_ended(campaign, 1)).delivered == 1
    assert (await house.facts(facts_pb2.MessagesInDoubt)) == []
