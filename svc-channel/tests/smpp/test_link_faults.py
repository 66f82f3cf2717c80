"""The link against an SMSC that misbehaves on demand: silence, nonsense, fragments, refusals."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from svc_channel.adapters.smpp_link import BindRefused, Delivery, LinkLost, LinkSettings, SmppLink, SubmitAnswer
from svc_channel.domain.smpp import codec, pdus, statuses
from svc_channel.domain.smpp.framer import Framer
from svc_channel.domain.smpp.sequences import LAST_SEQUENCE

MESSAGE = pdus.SubmitSm(source="10086", destination="8613800138000", short_message=b"hello")

Answer = Callable[[codec.Envelope], Sequence[bytes]]


class ScriptedSmsc:
    """An SMSC of one connection that answers binds and leaves everything else to the test."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.seen: list[codec.Envelope] = []
        self.port = 0
        self.writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Closes the port and the connection."""
        if self._server is not None:
            self._server.close()
        if self.writer is not None:
            self.writer.close()

    def write(self, octets: bytes) -> None:
        """Says something unasked."""
        assert self.writer is not None
        self.writer.write(octets)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        framer = Framer()
        while data := await reader.read(65536):
            for frame in framer.feed(data):
                envelope = codec.decode(frame)
                if isinstance(envelope.pdu, pdus.Bind):
                    writer.write(codec.encode(pdus.BindResp(system_id="scripted"), envelope.sequence))
                    continue
                self.seen.append(envelope)
                for answer in self._answer(envelope):
                    writer.write(answer)


@pytest.fixture
async def start_scripted() -> AsyncIterator[Callable[[Answer], Awaitable[ScriptedSmsc]]]:
    """Starts scripted SMSCs; each is stopped at the test's end."""
    started: list[ScriptedSmsc] = []

    async def start(answer: Answer) -> ScriptedSmsc:
        smsc = ScriptedSmsc(answer)
        await smsc.start()
        started.append(smsc)
        return smsc

    yield start
    for smsc in started:
        smsc.stop()


StartScripted = Callable[[Answer], Awaitable[ScriptedSmsc]]


def accept(envelope: codec.Envelope) -> Sequence[bytes]:
    """Answers like an SMSC in good health."""
    if isinstance(envelope.pdu, pdus.SubmitSm):
        return [codec.encode(pdus.SubmitSmResp(message_id=str(envelope.sequence)), envelope.sequence)]
    if isinstance(envelope.pdu, pdus.EnquireLink):
        return [codec.encode(pdus.EnquireLinkResp(), envelope.sequence)]
    if isinstance(envelope.pdu, pdus.Unbind):
        return [codec.encode(pdus.UnbindResp(), envelope.sequence)]
    return []


def say_nothing(_: codec.Envelope) -> Sequence[bytes]:
    """Reads and keeps silent."""
    return []


async def until(condition: Callable[[], bool]) -> None:
    """Waits until it is so, however busy the machine."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def link_to(smsc: ScriptedSmsc, first_sequence: int = 1, **changes: Any) -> SmppLink[int]:
    settings = LinkSettings(host="127.0.0.1", port=smsc.port, system_id="carillon", password="secret", **changes)
    return await SmppLink.connect(settings, first_sequence=first_sequence)


async def test_a_peer_that_answers_nothing_more_is_found_dead_and_its_submits_are_in_doubt(
    start_scripted: StartScripted,
) -> None:
    link = await link_to(await start_scripted(say_nothing), enquire_link_seconds=0.05, response_timeout_seconds=0.4)
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


async def test_a_submit_without_an_answer_is_in_doubt_while_the_link_lives_on(start_scripted: StartScripted) -> None:
    def forget_the_first(envelope: codec.Envelope) -> Sequence[bytes]:
        forgotten = isinstance(envelope.pdu, pdus.SubmitSm) and envelope.pdu.destination == "1"
        return [] if forgotten else accept(envelope)

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


async def test_no_more_submits_than_the_window_are_on_the_wire(start_scripted: StartScripted) -> None:
    smsc = await start_scripted(say_nothing)
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


async def test_sequence_numbers_wrap_and_skip_the_ones_still_open(start_scripted: StartScripted) -> None:
    smsc = await start_scripted(say_nothing)
    link = await link_to(smsc, first_sequence=LAST_SEQUENCE - 2)
    await submit_all(link, 3)
    await until(lambda: len(smsc.seen) == 3)
    assert [envelope.sequence for envelope in smsc.seen] == [LAST_SEQUENCE - 1, LAST_SEQUENCE, 1]


async def test_answers_cut_at_every_octet_are_understood(start_scripted: StartScripted) -> None:
    smsc = await start_scripted(say_nothing)
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
async def test_a_length_attack_ends_the_link_at_once(start_scripted: StartScripted, octets: bytes) -> None:
    smsc = await start_scripted(say_nothing)
    link = await link_to(smsc)
    await link.submit(1, MESSAGE)
    await until(lambda: len(smsc.seen) == 1)
    smsc.write(codec.encode(pdus.SubmitSmResp(message_id="abc"), smsc.seen[0].sequence) + octets)
    assert [answer.message_id for answer in (await link.receive()).answers] == ["abc"]
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert (lost.value.reason, lost.value.in_doubt) == ("BROKEN_STREAM", ())


@pytest.mark.parametrize("status", [statuses.THROTTLED, statuses.MESSAGE_QUEUE_FULL])
async def test_throttling_is_told_to_the_caller(start_scripted: StartScripted, status: int) -> None:
    def refuse(envelope: codec.Envelope) -> Sequence[bytes]:
        return [codec.encode(pdus.SubmitSmResp(), envelope.sequence, status)]

    link = await link_to(await start_scripted(refuse))
    await link.submit(1, MESSAGE)
    (answer,) = (await link.receive()).answers
    assert (answer.status, answer.throttled, answer.accepted, answer.in_doubt) == (status, True, False, False)


async def test_a_generic_nack_answers_its_submit(start_scripted: StartScripted) -> None:
    def refuse(envelope: codec.Envelope) -> Sequence[bytes]:
        return [codec.encode(pdus.GenericNack(), envelope.sequence, statuses.INVALID_COMMAND_ID)]

    link = await link_to(await start_scripted(refuse))
    await link.submit(1, MESSAGE)
    (answer,) = (await link.receive()).answers
    assert (answer.token, answer.status) == (1, statuses.INVALID_COMMAND_ID)


async def test_an_answer_to_nothing_open_is_passed_over(start_scripted: StartScripted) -> None:
    smsc = await start_scripted(accept)
    link = await link_to(smsc)
    smsc.write(codec.encode(pdus.SubmitSmResp(message_id="stray"), 4711))
    await link.submit(1, MESSAGE)
    assert [answer.token for answer in (await link.receive()).answers] == [1]


async def test_a_delivery_that_cannot_be_read_is_refused_and_the_next_one_comes(start_scripted: StartScripted) -> None:
    smsc = await start_scripted(accept)
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


async def test_deliveries_over_the_limit_are_refused_as_a_full_queue_and_not_lost(
    start_scripted: StartScripted,
) -> None:
    smsc = await start_scripted(accept)
    link = await link_to(smsc, delivery_limit=2)
    message = pdus.DeliverSm(source="8613800138000", destination="10086")
    smsc.write(b"".join(codec.encode(message, number) for number in (1, 2, 3)))
    received = (await link.receive()).deliveries
    assert [delivery.sequence for delivery in received] == [1, 2]
    link.respond(received)
    link.respond(received)
    await until(lambda: len(smsc.seen) >= 3)
    assert [(seen.sequence, seen.status) for seen in smsc.seen] == [(3, statuses.MESSAGE_QUEUE_FULL), (1, 0), (2, 0)]


async def test_the_peers_unbind_is_answered_and_ends_the_link(start_scripted: StartScripted) -> None:
    smsc = await start_scripted(accept)
    link = await link_to(smsc)
    smsc.write(codec.encode(pdus.Unbind(), 3))
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert lost.value.reason == "PEER_UNBOUND"


async def test_unbind_waits_for_open_answers_and_leaves_what_came_to_be_received(start_scripted: StartScripted) -> None:
    link = await link_to(await start_scripted(accept))
    await submit_all(link, 3)
    assert await link.unbind() == ()
    assert [answer.token for answer in (await link.receive()).answers] == [0, 1, 2]
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert lost.value.reason == "UNBOUND"


async def test_unbind_from_a_silent_peer_ends_in_time_and_tells_what_is_in_doubt(start_scripted: StartScripted) -> None:
    link = await link_to(await start_scripted(say_nothing))
    await submit_all(link, 2)
    started = time.monotonic()
    assert await link.unbind(drain_seconds=0.2) == (0, 1)
    assert time.monotonic() - started < 2


async def test_a_caller_that_does_not_receive_stops_its_own_submits(start_scripted: StartScripted) -> None:
    link = await link_to(await start_scripted(accept), answer_limit=4, window=2)
    submitting = asyncio.create_task(submit_all(link, 20))
    await asyncio.sleep(0.1)
    assert not submitting.done()
    answered = 0
    while answered < 20:
        answered += len((await link.receive()).answers)
    await submitting


async def test_nobody_listening_and_a_bind_never_answered_both_fail_to_connect(start_scripted: StartScripted) -> None:
    smsc = await start_scripted(accept)
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


@pytest.mark.parametrize("field", ["window", "enquire_link_seconds", "response_timeout_seconds", "delivery_limit"])
def test_settings_without_a_limit_are_refused(field: str) -> None:
    limits: dict[str, Any] = {field: 0}
    with pytest.raises(ValueError, match=field):
        LinkSettings(host="h", port=1, system_id="a", password="b", **limits)


async def submit_all(link: SmppLink[int], count: int) -> None:
    for token in range(count):
        await link.submit(token, MESSAGE)
