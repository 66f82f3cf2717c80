"""The link and the simulator over real TCP: the whole way of a message, and what a kill leaves."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from svc_channel.adapters.smpp_link import BindRefused, Delivery, LinkLost, SmppLink, SubmitAnswer
from svc_channel.domain.smpp import pdus, statuses
from svc_channel.domain.smpp.receipts import MessageState, parse_receipt
from svc_channel.domain.text.decoding import decode_text
from svc_channel.domain.text.segmentation import segment_text
from svc_channel.simulators.messages.journal import Accepted, InboundAcknowledged, ReceiptsAcknowledged, read_journal
from svc_channel.simulators.smsc.process import SmscProcess

StartSmsc = Callable[..., Awaitable[SmscProcess]]
Connect = Callable[..., Awaitable[SmppLink[int]]]
# Nothing here takes longer; a stuck test ends by itself.
PATIENCE_SECONDS = 20.0


def message(number: int, text: bytes = b"hello") -> pdus.SubmitSm:
    return pdus.SubmitSm(
        source="10086",
        source_ton=0,
        destination=f"861380{number:07d}",
        short_message=text,
        registered_delivery=pdus.REGISTERED_RECEIPT,
    )


async def collect(
    link: SmppLink[int], *, answers: int = 0, deliveries: int = 0
) -> tuple[list[SubmitAnswer[int]], list[Delivery]]:
    """Receives until there are as many of each; responds to nothing."""
    found: tuple[list[SubmitAnswer[int]], list[Delivery]] = ([], [])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found[0]) < answers or len(found[1]) < deliveries:
            received = await link.receive()
            found[0].extend(received.answers)
            found[1].extend(received.deliveries)
    return found


async def owed(smsc: SmscProcess, expected: int) -> None:
    """Waits until the simulator owes so many deliveries."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await smsc.ask({"op": "stats"}))["owed"] != expected:
            await asyncio.sleep(0.02)


async def test_messages_are_answered_in_order_and_each_receipt_finds_its_message(
    start_smsc: StartSmsc, connect: Connect
) -> None:
    smsc = await start_smsc("--outcome", "7=UNDELIVERABLE")
    link = await connect(smsc, window=10)
    for number in range(100):
        await link.submit(number, message(number))
    answers, deliveries = await collect(link, answers=100, deliveries=100)
    assert [answer.token for answer in answers] == list(range(100))
    assert all(answer.accepted for answer in answers)
    ids = {answer.message_id: answer.token for answer in answers}
    receipts = [parse_receipt(delivery.message) for delivery in deliveries]
    ends = {ids[receipt.message_id]: receipt.state for receipt in receipts}
    failed = {number for number, state in ends.items() if state == MessageState.UNDELIVERABLE}
    assert failed == {number for number in range(100) if number % 10 == 7}
    assert len(ends) == 100
    link.respond(deliveries)
    await owed(smsc, 0)
    journal = list(read_journal(smsc.journal))
    assert [record.decoded.text for record in journal if isinstance(record, Accepted)] == ["hello"] * 100
    acknowledged = [i for record in journal if isinstance(record, ReceiptsAcknowledged) for i in record.message_ids]
    assert sorted(acknowledged) == sorted(ids)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"password": "wrong"}, statuses.INVALID_PASSWORD),
        ({"system_id": "nobody"}, statuses.INVALID_SYSTEM_ID),
    ],
)
async def test_wrong_credentials_are_refused_with_their_status(
    start_smsc: StartSmsc, connect: Connect, changes: dict[str, str], status: int
) -> None:
    smsc = await start_smsc()
    with pytest.raises(BindRefused) as refused:
        await connect(smsc, **changes)
    assert refused.value.status == status


async def test_a_long_text_of_a_subscriber_arrives_in_parts_that_join(start_smsc: StartSmsc, connect: Connect) -> None:
    smsc = await start_smsc()
    link = await connect(smsc)
    text = "我要订购彩铃😀" * 20
    answer = await smsc.ask({"op": "mo", "from": "8613800138000", "to": "10086", "text": text})
    assert answer == {"ok": True, "number": 1}
    parts = len(segment_text(text, reference=0))
    _, deliveries = await collect(link, deliveries=parts)
    assert not any(delivery.message.is_receipt for delivery in deliveries)
    first = deliveries[0].message
    assert (first.source, first.source_ton, first.source_npi, first.destination) == ("8613800138000", 1, 1, "10086")
    read = [
        decode_text(
            delivery.message.payload,
            data_coding=delivery.message.data_coding,
            has_header=delivery.message.has_user_data_header,
        )
        for delivery in deliveries
    ]
    assert "".join(part.text for part in read) == text
    assert [part.part.number for part in read if part.part] == list(range(1, parts + 1))
    link.respond(deliveries)
    await owed(smsc, 0)


async def test_many_subscribers_texts_are_taken_in_one_request(start_smsc: StartSmsc, connect: Connect) -> None:
    smsc = await start_smsc()
    texts = [{"from": f"861380{number:07d}", "to": "10086", "text": f"yes {number}"} for number in range(2000)]
    answer = await smsc.ask({"op": "mo", "messages": texts})
    assert answer["numbers"] == list(range(1, 2001))
    link = await connect(smsc)
    seen: Counter[str] = Counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(seen) < 2000:
            received = await link.receive()
            seen.update(delivery.message.source for delivery in received.deliveries)
            link.respond(received.deliveries)
    assert set(seen.values()) == {1}
    await owed(smsc, 0)


async def test_a_delivery_refused_or_never_answered_comes_again(start_smsc: StartSmsc, connect: Connect) -> None:
    smsc = await start_smsc("--retry-seconds", "0.1", "--redeliver-seconds", "0.5")
    link = await connect(smsc)
    await smsc.ask({"op": "mo", "from": "8613800138000", "to": "10086", "text": "yes"})
    _, first = await collect(link, deliveries=1)
    link.respond(first, status=statuses.MESSAGE_QUEUE_FULL)
    _, second = await collect(link, deliveries=1)
    _, third = await collect(link, deliveries=1)
    assert first[0].message == second[0].message == third[0].message
    assert len({first[0].sequence, second[0].sequence, third[0].sequence}) == 3
    link.respond(third)
    await owed(smsc, 0)


async def test_receipts_left_unanswered_by_one_session_go_to_the_next_in_their_order(
    start_smsc: StartSmsc, connect: Connect
) -> None:
    smsc = await start_smsc("--receipt-delay-seconds", "0", "--deliver-window", "10")
    first = await connect(smsc)
    for number in range(30):
        await first.submit(number, message(number))
    _, unanswered = await collect(first, answers=30, deliveries=10)
    assert len(unanswered) == 10
    await first.unbind()
    second = await connect(smsc)
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(seen) < 30:
            deliveries = (await second.receive()).deliveries
            seen += [delivery.message.source for delivery in deliveries]
            second.respond(deliveries)
    assert seen == [message(number).destination for number in range(30)]
    await owed(smsc, 0)


async def test_throttling_and_a_full_queue_come_back_with_their_statuses(
    start_smsc: StartSmsc, connect: Connect
) -> None:
    throttling = await connect(await start_smsc("--throttle-per-second", "5"))
    for number in range(50):
        await throttling.submit(number, message(number))
    answers, _ = await collect(throttling, answers=50)
    throttled = [answer for answer in answers if answer.throttled]
    assert {answer.status for answer in throttled} == {statuses.THROTTLED}
    # Five a second get through, for as many seconds as a busy machine takes.
    assert 20 <= len(throttled) <= 45
    full = await connect(await start_smsc("--queue-limit", "3"))
    for number in range(5):
        await full.submit(number, message(number))
    statuses_seen = [answer.status for answer in (await collect(full, answers=5))[0]]
    assert statuses_seen == [0, 0, 0, statuses.MESSAGE_QUEUE_FULL, statuses.MESSAGE_QUEUE_FULL]


async def test_a_kill_before_the_answers_leaves_submits_in_doubt_whose_receipts_come_after_the_restart(
    start_smsc: StartSmsc, connect: Connect
) -> None:
    smsc = await start_smsc("--response-delay-seconds", "30", "--receipt-delay-seconds", "0.01")
    link = await connect(smsc)
    for number in range(20):
        await link.submit(number, message(number))
    _, early = await collect(link, deliveries=20)
    await smsc.kill()
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert lost.value.reason == "CONNECTION_LOST"
    assert lost.value.in_doubt == tuple(range(20))
    link.respond(early)
    await smsc.start()
    after = await connect(smsc)
    _, again = await collect(after, deliveries=20)
    assert sorted(parse_receipt(delivery.message).message_id for delivery in again) == sorted(
        parse_receipt(delivery.message).message_id for delivery in early
    )
    after.respond(again)
    await owed(smsc, 0)
    accepted = [record for record in read_journal(smsc.journal) if isinstance(record, Accepted)]
    assert [record.destination for record in accepted] == [message(number).destination for number in range(20)]


async def test_after_any_number_of_kills_nothing_accepted_is_without_a_receipt(
    start_smsc: StartSmsc, connect: Connect
) -> None:
    smsc = await start_smsc("--receipt-delay-seconds", "0.02")
    accepted: set[str] = set()
    receipted: set[str] = set()
    doubtful = sent = 0
    for _ in range(4):
        link = await connect(smsc, window=50)

        async def submit(link: SmppLink[int] = link, first: int = sent) -> None:
            for number in range(first, first + 100_000):
                await link.submit(number, message(number))

        submitting = asyncio.create_task(submit())
        killing = asyncio.create_task(kill_soon(smsc))
        with pytest.raises(LinkLost) as lost:
            while True:
                received = await link.receive()
                accepted.update(answer.message_id for answer in received.answers if answer.accepted)
                receipted.update(parse_receipt(delivery.message).message_id for delivery in received.deliveries)
                link.respond(received.deliveries)
        doubtful += len(lost.value.in_doubt)
        with pytest.raises(LinkLost):
            await submitting
        await killing
        sent += 100_000
        await smsc.start()
    last = await connect(smsc)
    draining = asyncio.create_task(drain(last, receipted))
    await owed(smsc, 0)
    draining.cancel()
    journal = [record for record in read_journal(smsc.journal) if isinstance(record, Accepted)]
    assert accepted <= {record.message_id for record in journal}
    assert len(journal) - len(accepted) <= doubtful
    assert receipted == {record.message_id for record in journal}
    assert max(Counter(record.destination for record in journal).values()) == 1
    assert len({record.message_id for record in journal}) == len(journal) > 100


async def test_a_message_taken_on_the_control_socket_survives_a_kill(start_smsc: StartSmsc, connect: Connect) -> None:
    smsc = await start_smsc()
    await smsc.ask({"op": "mo", "from": "8613800138000", "to": "10086", "text": "yes"})
    await smsc.kill()
    await smsc.start()
    link = await connect(smsc)
    _, deliveries = await collect(link, deliveries=1)
    link.respond(deliveries)
    await owed(smsc, 0)
    await smsc.kill()
    await smsc.start()
    stats = await smsc.ask({"op": "stats"})
    assert (stats["inbound"], stats["inbound_acknowledged"], stats["owed"]) == (1, 1, 0)
    assert [record for record in read_journal(smsc.journal) if isinstance(record, InboundAcknowledged)]


async def kill_soon(smsc: SmscProcess) -> None:
    await asyncio.sleep(0.15)
    await smsc.kill()


async def drain(link: SmppLink[int], receipted: set[str]) -> None:
    while True:
        received = await link.receive()
        receipted.update(parse_receipt(delivery.message).message_id for delivery in received.deliveries)
        link.respond(received.deliveries)
