"""The link against an ISMG that misbehaves on demand: silence, nonsense, fragments, refusals, a forged proof."""

import asyncio
import random
import struct
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest

from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.cmpp_values import CmppSettings, ConnectRefused
from svc_channel.adapters.line import LineAnswer, LinkLost
from svc_channel.domain.cmpp import codec, commands, pdus, results
from svc_channel.domain.cmpp.authenticator import authenticate_source
from svc_channel.domain.sequences import LAST_SEQUENCE
from svc_channel.domain.submission import Answer

from .conftest import settings_for
from .ismg import SECRET, SOURCE, V2, V3, ScriptedIsmg, collect, part, silent, until

Start = Callable[..., Awaitable[ScriptedIsmg]]
Connect = Callable[..., Awaitable[CmppLink[int]]]


async def test_the_connect_carries_beijing_time_and_its_digest_with_the_leading_zero(
    start_scripted: Start, connect: Connect
) -> None:
    seen: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readexactly(39))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    with pytest.raises(LinkLost):
        await connect(server.sockets[0].getsockname()[1])
    server.close()
    sent = codec.decode(seen[0], version=V3).pdu
    assert isinstance(sent, pdus.Connect)
    # 22:30 on the 5th in Greenwich is 06:30 on the 6th there.
    assert (sent.timestamp, sent.version, sent.source) == (106063000, V3, SOURCE)
    assert sent.authenticator == authenticate_source(SOURCE, SECRET, 106063000)


@pytest.mark.parametrize(
    ("version", "proof_version", "is_taken"),
    [(V2, V2, True), (V2, V3, True), (V2, None, False), (V3, V3, True), (V3, V2, False), (V3, None, False)],
)
async def test_an_ismg_that_does_not_know_the_secret_is_left_at_once(
    start_scripted: Start, connect: Connect, version: int, proof_version: int | None, is_taken: bool
) -> None:
    ismg = await start_scripted(version=version, proof_version=proof_version)
    if is_taken:
        assert not (await connect(ismg.port, version=version)).lost
        return
    with pytest.raises(ConnectRefused) as refused:
        await connect(ismg.port, version=version)
    assert (refused.value.status, refused.value.wait_seconds) == (results.OK, 30.0)


async def test_an_ismg_that_proves_nothing_is_taken_only_where_the_line_says_so(
    start_scripted: Start, connect: Connect
) -> None:
    ismg = await start_scripted(proof_version=None)
    assert not (await connect(ismg.port, checks_ismg=False)).lost
    refusing = await start_scripted(proof_version=None, status=results.CONNECT_WRONG_SECRET)
    with pytest.raises(ConnectRefused):
        await connect(refusing.port, checks_ismg=False)


@pytest.mark.parametrize(("status", "waits"), [(1, 0.0), (2, 30.0), (3, 30.0), (4, 30.0), (5, 0.0), (99, 0.0)])
async def test_only_what_trying_again_can_not_cure_makes_the_line_wait(
    start_scripted: Start, connect: Connect, status: int, waits: float
) -> None:
    ismg = await start_scripted(status=status, proof_version=None)
    with pytest.raises(ConnectRefused) as refused:
        await connect(ismg.port)
    assert (refused.value.status, refused.value.wait_seconds) == (status, waits)


async def test_an_ismg_that_is_not_there_or_says_nothing_is_lost_in_time(connect: Connect) -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(LinkLost) as lost:
        await connect(port, connect_timeout_seconds=0.1)
    assert lost.value.reason == "CONNECT_FAILED"
    server.close()
    await server.wait_closed()
    with pytest.raises(LinkLost) as lost:
        await connect(port)
    assert lost.value.reason == "CONNECT_FAILED"


async def test_a_silent_ismg_is_asked_three_times_before_it_is_given_up(
    start_scripted: Start, connect: Connect
) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port, active_test_seconds=0.05, response_timeout_seconds=0.1)
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert lost.value.reason == "PEER_SILENT"
    assert [type(envelope.pdu) for envelope in ismg.seen] == [pdus.ActiveTest] * 3


async def test_a_submit_without_an_answer_is_in_doubt_after_the_time_and_never_written_twice(
    start_scripted: Start, connect: Connect
) -> None:
    def deaf(envelope: codec.Envelope) -> list[tuple[pdus.Pdu, int]]:
        return [(pdus.ActiveTestResp(), envelope.sequence)] if isinstance(envelope.pdu, pdus.ActiveTest) else []

    ismg = await start_scripted(deaf)
    link = await connect(ismg.port, active_test_seconds=0.05, response_timeout_seconds=0.2)
    await link.submit(7, part(7))
    [answer], _ = await collect(link, answers=1)
    assert (answer.token, answer.answer) == (7, Answer.LOST)
    assert sum(isinstance(envelope.pdu, pdus.Submit) for envelope in ismg.seen) == 1
    assert not link.lost
    # Its answer comes after all: nobody waits for it any more.
    submit = next(envelope for envelope in ismg.seen if isinstance(envelope.pdu, pdus.Submit))
    ismg.say(pdus.SubmitResp(message_id=1), submit.sequence)
    await link.submit(8, part(8))
    [late], _ = await collect(link, answers=1)
    assert late.token == 8


async def test_the_ismgs_active_test_is_answered_and_its_terminate_ends_the_link(
    start_scripted: Start, connect: Connect
) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port)
    await link.submit(1, part(1))
    ismg.say(pdus.ActiveTest(), 77)
    await until(lambda: codec.Envelope(77, pdus.ActiveTestResp()) in ismg.seen)
    ismg.say(pdus.Terminate(), 78)
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert (lost.value.reason, lost.value.in_doubt) == ("PEER_UNBOUND", (1,))
    await until(lambda: codec.Envelope(78, pdus.TerminateResp()) in ismg.seen)


async def test_the_window_is_never_exceeded_and_the_next_submit_waits(start_scripted: Start, connect: Connect) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port, window=16)
    for number in range(16):
        await link.submit(number, part(number))
    waiting = asyncio.create_task(link.submit(16, part(16)))
    await until(lambda: len(ismg.seen) == 16)
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert len(ismg.seen) == 16
    ismg.say(pdus.SubmitResp(message_id=1), ismg.seen[3].sequence)
    await waiting
    await until(lambda: len(ismg.seen) == 17)
    [answer], _ = await collect(link, answers=1)
    assert answer.token == 3


async def test_sequence_numbers_start_over_without_taking_one_that_is_open(
    start_scripted: Start, connect: Connect
) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port, first_sequence=LAST_SEQUENCE - 1)
    for number in range(4):
        await link.submit(number, part(number))
    await until(lambda: len(ismg.seen) == 4)
    assert [envelope.sequence for envelope in ismg.seen] == [LAST_SEQUENCE, 1, 2, 3]


async def test_answers_cut_at_every_octet_are_understood(start_scripted: Start, connect: Connect) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port)
    await link.submit(1, part(1))
    await until(lambda: len(ismg.seen) == 1)
    delivery = pdus.Deliver(message_id=9, service_number="10086", source="8613800138000", content=b"yes")
    stream = codec.encode(delivery, 5, version=V3)
    stream += codec.encode(pdus.SubmitResp(message_id=42), ismg.seen[0].sequence, version=V3)
    for at in range(len(stream)):
        ismg.write(stream[at : at + 1])
        await asyncio.sleep(0.001)
    [answer], [delivered] = await collect(link, answers=1, deliveries=1)
    assert answer.peer_id == f"{42:016x}"
    assert delivered.inbound is not None
    assert delivered.inbound.text == "yes"


@pytest.mark.parametrize("octets", [b"\0\0\0\x0b", b"\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_a_length_attack_ends_the_link_at_once(start_scripted: Start, connect: Connect, octets: bytes) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port)
    await link.submit(1, part(1))
    await until(lambda: len(ismg.seen) == 1)
    ismg.write(codec.encode(pdus.SubmitResp(message_id=42), ismg.seen[0].sequence, version=V3) + octets)
    assert len((await link.receive()).answers) == 1
    with pytest.raises(LinkLost) as lost:
        await link.receive()
    assert (lost.value.reason, lost.value.in_doubt) == ("BROKEN_STREAM", ())


async def test_a_delivery_or_a_report_that_can_not_be_read_does_not_come_again(
    start_scripted: Start, connect: Connect
) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port)
    cut = codec.encode(pdus.Deliver(message_id=9, service_number="1", source="2", content=b"x"), 5, version=V3)[:-1]
    ismg.write(struct.pack("!I", len(cut)) + cut[4:])
    await until(lambda: bool(ismg.seen))
    assert ismg.seen[0] == codec.Envelope(5, pdus.DeliverResp(message_id=9, result=results.WRONG_LENGTH))
    ismg.say(pdus.Deliver(message_id=10, service_number="1", source="2", content=b"?", is_report=True), 6)
    _, [unreadable] = await collect(link, deliveries=1)
    assert (unreadable.receipt, unreadable.inbound) == (None, None)
    link.respond([unreadable])
    await until(lambda: ismg.seen[-1] == codec.Envelope(6, pdus.DeliverResp(message_id=10)))


async def test_ten_thousand_frames_of_noise_leave_the_link_up_and_the_memory_small(
    start_scripted: Start, connect: Connect
) -> None:
    ismg = await start_scripted(silent)
    link = await connect(ismg.port)
    rng = random.Random(7)
    numbers = [commands.DELIVER, commands.SUBMIT_RESP, commands.ACTIVE_TEST_RESP, commands.SUBMIT, 0x99, 0x80000007]
    before = psutil.Process().memory_info().rss
    for at in range(10_000):
        body = rng.randbytes(rng.randrange(0, 120))
        ismg.write(struct.pack("!III", 12 + len(body), rng.choice(numbers), at) + body)
        if at % 100 == 0:
            await asyncio.sleep(0)
    await link.submit(1, part(1))
    await until(lambda: any(isinstance(envelope.pdu, pdus.Submit) for envelope in ismg.seen))
    ismg.say(pdus.ActiveTest(), 77)
    await until(lambda: codec.Envelope(77, pdus.ActiveTestResp()) in ismg.seen)
    assert not link.lost
    assert psutil.Process().memory_info().rss - before < 20 * 2**20


async def test_a_planned_end_waits_for_answers_and_tells_what_it_leaves(
    start_scripted: Start, connect: Connect
) -> None:
    ismg = await start_scripted()
    link = await connect(ismg.port)
    await link.submit(1, part(1))
    assert await link.unbind(drain_seconds=5) == ()
    assert isinstance(ismg.seen[-1].pdu, pdus.Terminate)
    answers: list[LineAnswer[int]] = []
    with pytest.raises(LinkLost) as lost:
        while True:
            answers += (await link.receive()).answers
    assert (lost.value.reason, [answer.token for answer in answers]) == ("UNBOUND", [1])
    deaf = await connect((await start_scripted(silent)).port)
    await deaf.submit(2, part(2))
    assert await deaf.unbind(drain_seconds=0.1) == (2,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 0x40},
        {"source": ""},
        {"source": "1234567"},
        {"window": 0},
        {"active_test_seconds": 0},
        {"answer_limit": 0},
        {"active_test_tries": 0},
        {"signature_room": 31},
    ],
)
def test_settings_that_no_link_can_have_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"has to be|have to be|0 to 30"):
        settings_for(7890, **wrong)


def test_the_secret_does_not_show_in_what_a_log_may_write() -> None:
    settings = CmppSettings(host="127.0.0.1", source=SOURCE, secret="s3cr3t-of-the-line")
    refused = ConnectRefused(status=results.CONNECT_WRONG_SECRET, wait_seconds=30)
    connect = pdus.Connect(
        source=SOURCE,
        authenticator=authenticate_source(SOURCE, settings.secret, 1),
        version=V3,
        timestamp=int(datetime(2026, 1, 1, tzinfo=UTC).strftime("%m%d%H%M%S")),
    )
    for shown in (repr(settings), str(refused), repr(refused), repr(connect)):
        assert settings.secret not in shown
        assert connect.authenticator.hex() not in shown
