"""The link against an SMSC that misbehaves on demand: silence, nonsense, fragments, refusals."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from svc_channel.adapters.smpp_link import BindRefused, Delivery, LinkLost, LinkSettings, SmppLink, SubmitAnswer
from svc_channel.domain.smpp import codec, pdus, statuses

Start = Callable[..., Awaitable[Any]]
Connect = Callable[..., Awaitable[SmppLink[int]]]
MESSAGE = pdus.SubmitSm(source="10086", destination="8613800138000", short_message=b"hello")


async def until(condition: Callable[[], bool]) -> None:
    """Waits until it is so, however busy the machine."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_peer_that_answers_nothing_more_is_found_dead_and_its_submits_are_in_doubt(
    start_scripted: Start,
    link_to: Connect,
) -> None:
    link = await link_to(await start_scripted("silent"), enquire_link_seconds=0.05, response_timeout_seconds=0.4)
    await link.submit(7, MESSAGE)
    answers: list[SubmitAnswer[int]] = []
    with pytest.raises(LinkLost) as lost:
        while True:
            answers += (await link.receive()).answers
    assert lost.value.reason == "PEER_SILENT"
    told = [answer.token for answer in answers if answer.in_doubt] + list(lost.value.in_doubt)
    assert told == [7]
    with pytest.raises(LinkLost) as refused:
        await link.submit(8, MESSAGE)
    assert refused.value.in_doubt == ()


async def test_answers_cut_at_every_octet_are_understood(start_scripted: Start, link_to: Connect) -> None:
    smsc = await start_scripted("silent")
    link = await link_to(smsc)
    await submit_all(link, 1)
    await until(lambda: len(smsc.seen) == 1)
    stream = codec.encode(pdus.DeliverSm(source="8613800138000", destination="10086", short_message=b"yes"), 9)
    stream += codec.encode(pdus.SubmitSmResp(message_id="abc"), smsc.seen[0].sequence)
    for at in range(len(stream)):
        smsc.write(stream[at : at + 1])
        await asyncio.sleep(0.001)
    deliveries: list[Delivery] = []
    answers: list[SubmitAnswer[int]] = []
    while not (deliveries and answers):
        received = await link.receive()
        deliveries += received.deliveries
        answers += received.answers
    assert deliveries[0].message.short_message == b"yes"
    assert answers[0].message_id == "abc"


@pytest.mark.parametrize("octets", [b"\0\0\0\x05", b"\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_a_length_attack_ends_the_link_at_once(start_scripted: Start, link_to: Connect, octets: bytes) -> None:
    smsc = await start_scripted("silent")
    link = await link_to(smsc)
    await link.submit(1, MESSAGE)
    await until(lambda: len(smsc.seen) == 1)
    smsc.write(codec.encode(pdus.SubmitSmResp(message_id="abc"), smsc.seen[0].sequence) + octets)
    assert [answer.message_id for answer in (await link.receive()).answers] == ["abc"]
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert (lost.value.reason, lost.value.in_doubt) == ("BROKEN_STREAM", ())


@pytest.mark.parametrize("status", [statuses.THROTTLED, statuses.MESSAGE_QUEUE_FULL])
async def test_throttling_is_told_to_the_caller(start_scripted: Start, link_to: Connect, status: int) -> None:
    def refuse(envelope: codec.Envelope) -> Sequence[bytes]:
        return [codec.encode(pdus.SubmitSmResp(), envelope.sequence, status)]

    link = await link_to(await start_scripted(refuse))
    await link.submit(1, MESSAGE)
    (answer,) = (await link.receive()).answers
    assert (answer.status, answer.throttled, answer.accepted, answer.in_doubt) == (status, True, False, False)


async def test_a_generic_nack_answers_its_submit(start_scripted: Start, link_to: Connect) -> None:
    def refuse(envelope: codec.Envelope) -> Sequence[bytes]:
        return [codec.encode(pdus.GenericNack(), envelope.sequence, statuses.INVALID_COMMAND_ID)]

    link = await link_to(await start_scripted(refuse))
    await link.submit(1, MESSAGE)
    (answer,) = (await link.receive()).answers
    assert (answer.token, answer.status) == (1, statuses.INVALID_COMMAND_ID)


async def test_an_answer_to_nothing_open_is_passed_over(start_scripted: Start, link_to: Connect) -> None:
    smsc = await start_scripted("healthy")
    link = await link_to(smsc)
    smsc.write(codec.encode(pdus.SubmitSmResp(message_id="stray"), 4711))
    await link.submit(1, MESSAGE)
    assert [answer.token for answer in (await link.receive()).answers] == [1]


async def test_a_delivery_that_cannot_be_read_is_refused_and_the_next_one_comes(
    start_scripted: Start, link_to: Connect
) -> None:
    smsc = await start_scripted("healthy")
    link = await link_to(smsc)
    whole = codec.encode(pdus.DeliverSm(source="8613800138000", destination="10086", short_message=b"yes"), 5)
    broken = whole[:-4] + b"\xc8yes"
    unknown = bytes.fromhex("00000010 00000102 00000000 00000006")
    smsc.write(broken + unknown + codec.encode(pdus.EnquireLink(), 7) + whole)
    assert [delivery.message.short_message for delivery in (await link.receive()).deliveries] == [b"yes"]
    await until(lambda: len(smsc.seen) == 3)
    assert [(type(seen.pdu), seen.sequence, seen.status) for seen in smsc.seen] == [
        (pdus.DeliverSmResp, 5, statuses.INVALID_MESSAGE_LENGTH),
        (pdus.GenericNack, 6, statuses.INVALID_COMMAND_ID),
        (pdus.EnquireLinkResp, 7, statuses.OK),
    ]


async def test_the_peers_unbind_is_answered_and_ends_the_link(start_scripted: Start, link_to: Connect) -> None:
    smsc = await start_scripted("healthy")
    link = await link_to(smsc)
    smsc.write(codec.encode(pdus.Unbind(), 3))
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert lost.value.reason == "PEER_UNBOUND"


async def test_nobody_listening_and_a_bind_never_answered_both_fail_to_connect(
    start_scripted: Start, link_to: Connect
) -> None:
    smsc = await start_scripted("healthy")
    smsc.stop()
    with pytest.raises(LinkLost) as lost:
        await link_to(smsc)
    assert lost.value.reason == "CONNECT_FAILED"
    mute = await asyncio.start_server(lambda _r, _w: asyncio.sleep(1), "127.0.0.1", 0)
    settings = LinkSettings(
        host="127.0.0.1",
        port=mute.sockets[0].getsockname()[1],
        system_id="a",
        password="b",
        bind_timeout_seconds=0.1,
    )
    with pytest.raises(LinkLost) as unanswered:
        await SmppLink.connect(settings)
    assert unanswered.value.reason == "CONNECT_FAILED"
    mute.close()


async def test_a_bind_answered_by_a_generic_nack_is_refused() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frame = await reader.read(1000)
        writer.write(codec.encode(pdus.GenericNack(), codec.read_header(frame)[2], statuses.INVALID_COMMAND_ID))

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(BindRefused) as refused:
        await SmppLink.connect(LinkSettings(host="127.0.0.1", port=port, system_id="a", password="b"))
    assert refused.value.status == statuses.INVALID_COMMAND_ID
    server.close()


async def submit_all(link: SmppLink[int], count: int) -> None:
    for token in range(count):
        await link.submit(token, MESSAGE)
