"""The link's limits and its end in good order: window, sequence numbers, queues, time-outs, unbind."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from svc_channel.adapters.smpp_link import LinkLost, LinkSettings, SmppLink, SubmitAnswer
from svc_channel.domain.sequences import LAST_SEQUENCE
from svc_channel.domain.smpp import codec, pdus, statuses

Start = Callable[..., Awaitable[Any]]
Connect = Callable[..., Awaitable[SmppLink[int]]]
MESSAGE = pdus.SubmitSm(source="10086", destination="8613800138000", short_message=b"hello")


async def until(condition: Callable[[], bool]) -> None:
    """Waits until it is so, however busy the machine."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_submit_without_an_answer_is_in_doubt_while_the_link_lives_on(
    start_scripted: Start, link_to: Connect
) -> None:
    def forget_the_first(envelope: codec.Envelope) -> Sequence[bytes]:
        forgotten = isinstance(envelope.pdu, pdus.SubmitSm) and envelope.pdu.destination == "1"
        return [] if forgotten else [codec.encode(pdus.SubmitSmResp(message_id="b"), envelope.sequence)]

    smsc = await start_scripted(forget_the_first)
    link = await link_to(smsc, window=1, enquire_link_seconds=0.1, response_timeout_seconds=0.8)
    await link.submit(1, pdus.SubmitSm(source="10086", destination="1"))
    await link.submit(2, MESSAGE)
    answers: list[SubmitAnswer[int]] = []
    while len(answers) < 2:
        answers += (await link.receive()).answers
    assert [(answer.token, answer.in_doubt, answer.accepted) for answer in answers] == [
        (1, True, False),
        (2, False, True),
    ]
    assert not link.lost


async def test_no_more_submits_than_the_window_are_on_the_wire(start_scripted: Start, link_to: Connect) -> None:
    smsc = await start_scripted("silent")
    link = await link_to(smsc, window=5)
    submitting = asyncio.create_task(submit_all(link, 12))
    await until(lambda: len(smsc.seen) >= 5)
    await asyncio.sleep(0.05)
    assert (len(smsc.seen), link.in_flight) == (5, 5)
    smsc.write(codec.encode(pdus.SubmitSmResp(message_id="a"), smsc.seen[2].sequence))
    await until(lambda: len(smsc.seen) >= 6)
    await asyncio.sleep(0.05)
    assert (len(smsc.seen), link.in_flight) == (6, 5)
    smsc.stop()
    with pytest.raises(LinkLost):
        await submitting
    answers = (await link.receive()).answers
    assert [answer.token for answer in answers] == [2]
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert lost.value.in_doubt == (0, 1, 3, 4, 5)


async def test_sequence_numbers_wrap_and_skip_the_ones_still_open(start_scripted: Start, link_to: Connect) -> None:
    smsc = await start_scripted("silent")
    link = await link_to(smsc, first_sequence=LAST_SEQUENCE - 2)
    await submit_all(link, 3)
    await until(lambda: len(smsc.seen) == 3)
    assert [envelope.sequence for envelope in smsc.seen] == [LAST_SEQUENCE - 1, LAST_SEQUENCE, 1]


async def test_deliveries_over_the_limit_are_refused_as_a_full_queue_and_not_lost(
    start_scripted: Start,
    link_to: Connect,
) -> None:
    smsc = await start_scripted("healthy")
    link = await link_to(smsc, delivery_limit=2)
    message = pdus.DeliverSm(source="8613800138000", destination="10086")
    smsc.write(b"".join(codec.encode(message, number) for number in (1, 2, 3)))
    received = (await link.receive()).deliveries
    assert [delivery.sequence for delivery in received] == [1, 2]
    link.respond(received)
    link.respond(received)
    await until(lambda: len(smsc.seen) >= 3)
    assert [(seen.sequence, seen.status) for seen in smsc.seen] == [(3, statuses.MESSAGE_QUEUE_FULL), (1, 0), (2, 0)]


async def test_unbind_waits_for_open_answers_and_leaves_what_came_to_be_received(
    start_scripted: Start, link_to: Connect
) -> None:
    link = await link_to(await start_scripted("healthy"))
    await submit_all(link, 3)
    assert await link.unbind() == ()
    assert [answer.token for answer in (await link.receive()).answers] == [0, 1, 2]
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert lost.value.reason == "UNBOUND"


async def test_unbind_from_a_silent_peer_ends_in_time_and_tells_what_is_in_doubt(
    start_scripted: Start, link_to: Connect
) -> None:
    link = await link_to(await start_scripted("silent"))
    await submit_all(link, 2)
    started = time.monotonic()
    assert await link.unbind(drain_seconds=0.2) == (0, 1)
    assert time.monotonic() - started < 2


async def test_a_caller_that_does_not_receive_stops_its_own_submits(start_scripted: Start, link_to: Connect) -> None:
    link = await link_to(await start_scripted("healthy"), answer_limit=4, window=2)
    submitting = asyncio.create_task(submit_all(link, 20))
    await asyncio.sleep(0.1)
    assert not submitting.done()
    answered = 0
    while answered < 20:
        answered += len((await link.receive()).answers)
    await submitting


@pytest.mark.parametrize("field", ["window", "enquire_link_seconds", "response_timeout_seconds", "delivery_limit"])
def test_settings_without_a_limit_are_refused(field: str) -> None:
    limits: dict[str, Any] = {field: 0}
    with pytest.raises(ValueError, match=field):
        LinkSettings(host="h", port=1, system_id="a", password="b", **limits)


async def submit_all(link: SmppLink[int], count: int) -> None:
    for token in range(count):
        await link.submit(token, MESSAGE)
