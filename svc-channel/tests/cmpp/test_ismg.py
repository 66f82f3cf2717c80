"""The simulated ISMG seen by a peer that speaks octets: order, refusals, attacks, its window and its active tests."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from svc_channel.domain.cmpp import codec, commands, pdus, results
from svc_channel.domain.cmpp.authenticator import authenticate_source, timestamp_of, verify_ismg
from svc_channel.domain.cmpp.framer import Framer
from svc_channel.domain.cmpp.message_ids import MessageId
from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.simulators.ismg.process import IsmgProcess
from svc_channel.simulators.ismg.settings import SECRET_VARIABLE, read_settings
from svc_channel.simulators.messages.journal import Accepted, read_journal

from .ismg import SECRET, SOURCE, V2, V3

StartIsmg = Callable[..., Awaitable[IsmgProcess]]
SUBMIT = pdus.Submit(
    service_number="10086", destinations=("8613800138000",), content=b"hi", message_source=SOURCE, report_wanted=False
)


def connect(version: int = V3, *, source: str = SOURCE, secret: str = SECRET) -> pdus.Connect:
    """A CONNECT of a January morning."""
    moment = timestamp_of(datetime(2026, 1, 5, 6, 30))  # noqa: DTZ001 -- the wire's times are local
    proof = authenticate_source(source, secret, moment)
    return pdus.Connect(source=source, authenticator=proof, version=version, timestamp=moment)


class RawPeer:
    """A TCP connection that writes octets and reads PDUs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: int) -> None:
        self._reader, self.writer = reader, writer
        self._version = version
        self._framer = Framer()
        self._waiting: list[codec.Envelope] = []

    async def read(self) -> codec.Envelope | None:
        """The next PDU, None when the simulator has closed."""
        async with asyncio.timeout(5):
            while not self._waiting:
                data = await self._reader.read(65536)
                if not data:
                    return None
                self._waiting += [codec.decode(frame, version=self._version) for frame in self._framer.feed(data)]
        return self._waiting.pop(0)

    def say(self, pdu: pdus.Pdu, sequence: int = 1) -> None:
        """Sends one PDU."""
        self.writer.write(codec.encode(pdu, sequence, version=self._version))

    async def ask(self, pdu: pdus.Pdu, sequence: int = 1) -> pdus.Pdu:
        """Sends one PDU and reads the next one."""
        self.say(pdu, sequence)
        answer = await self.read()
        assert answer is not None
        return answer.pdu


Dial = Callable[..., Awaitable[RawPeer]]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Opens raw connections; each is closed at the test's end."""
    peers: list[RawPeer] = []

    async def call(ismg: IsmgProcess, version: int = V3) -> RawPeer:
        peer = RawPeer(*await asyncio.open_connection(ismg.host, ismg.port), version)
        peers.append(peer)
        return peer

    yield call
    for peer in peers:
        peer.writer.close()


@pytest.mark.parametrize("version", [V2, V3])
async def test_pdus_cut_at_every_octet_are_answered(start_ismg: StartIsmg, dial: Dial, version: int) -> None:
    peer = await dial(await start_ismg(), version)
    said: list[pdus.Pdu] = [connect(version), SUBMIT, pdus.ActiveTest()]
    stream = b"".join(codec.encode(pdu, at, version=version) for at, pdu in enumerate(said, 1))
    for at in range(len(stream)):
        peer.writer.write(stream[at : at + 1])
        await peer.writer.drain()
        await asyncio.sleep(0)
    answers = [await peer.read() for _ in range(3)]
    assert [type(one.pdu) for one in answers if one] == [pdus.ConnectResp, pdus.SubmitResp, pdus.ActiveTestResp]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (connect(source="900002"), results.CONNECT_WRONG_SOURCE),
        (connect(secret="888889"), results.CONNECT_WRONG_SECRET),
        (connect(V2), results.CONNECT_VERSION_TOO_HIGH),
        (connect(), results.OK),
    ],
)
async def test_only_who_proves_the_secret_in_a_version_that_is_taken_gets_in(
    start_ismg: StartIsmg, dial: Dial, said: pdus.Connect, status: int
) -> None:
    peer = await dial(await start_ismg("--version", "3.0"))
    answer = await peer.ask(said)
    assert isinstance(answer, pdus.ConnectResp)
    assert answer.status == status
    if status == results.OK:
        assert verify_ismg(answer.authenticator, 0, said.authenticator, SECRET, version=V3)
    else:
        assert answer.authenticator == bytes(16)
        assert await peer.read() is None


async def test_who_speaks_before_the_connect_or_connects_twice_is_cut_off(start_ismg: StartIsmg, dial: Dial) -> None:
    ismg = await start_ismg()
    hasty = await dial(ismg)
    hasty.say(SUBMIT)
    assert await hasty.read() is None
    twice = await dial(ismg)
    await twice.ask(connect())
    again = await twice.ask(connect())
    assert isinstance(again, pdus.ConnectResp)
    assert again.status == results.CONNECT_OTHER
    assert await twice.read() is None
    assert (await ismg.ask({"op": "stats"}))["spoke_unconnected"] == 1


@pytest.mark.parametrize("octets", [b"\0\0\0\x0b", b"\x7f\xff\xff\xff", struct.pack("!II", 5000, commands.SUBMIT)])
async def test_a_length_attack_closes_that_connection_alone(start_ismg: StartIsmg, dial: Dial, octets: bytes) -> None:
    ismg = await start_ismg()
    bystander, attacker = await dial(ismg), await dial(ismg)
    await bystander.ask(connect())
    attacker.writer.write(octets)
    assert await attacker.read() is None
    assert isinstance(await bystander.ask(pdus.ActiveTest()), pdus.ActiveTestResp)


@pytest.mark.parametrize(
    ("submit", "result"),
    [
        (SUBMIT, results.OK),
        (replace(SUBMIT, message_source="900002"), results.WRONG_MESSAGE_SOURCE),
        (replace(SUBMIT, destinations=("nobody",)), results.WRONG_DESTINATION),
        (replace(SUBMIT, number=2), results.WRONG_STRUCTURE),
        (replace(SUBMIT, destinations=("8613800138009",)), 9),
    ],
)
async def test_a_submit_is_answered_by_what_is_wrong_with_it(
    start_ismg: StartIsmg, dial: Dial, submit: pdus.Submit, result: int
) -> None:
    ismg = await start_ismg("--result", "09=9")
    peer = await dial(ismg)
    await peer.ask(connect())
    answer = await peer.ask(submit)
    assert isinstance(answer, pdus.SubmitResp)
    assert (answer.result, bool(answer.message_id)) == (result, result == results.OK)
    taken = [record for record in read_journal(ismg.journal) if isinstance(record, Accepted)]
    assert [record.message_id for record in taken] == ([f"{answer.message_id:016x}"] if answer.message_id else [])


async def test_a_cut_submit_is_refused_and_the_session_goes_on(start_ismg: StartIsmg, dial: Dial) -> None:
    peer = await dial(await start_ismg())
    await peer.ask(connect())
    cut = codec.encode(SUBMIT, 11, version=V3)[:-2]
    peer.writer.write(struct.pack("!I", len(cut)) + cut[4:])
    assert await peer.read() == codec.Envelope(11, pdus.SubmitResp(message_id=0, result=results.WRONG_LENGTH))
    peer.writer.write(bytes.fromhex("0000000c 00000006 00000001"))
    assert isinstance(await peer.ask(pdus.ActiveTest()), pdus.ActiveTestResp)
    assert isinstance(await peer.ask(pdus.Terminate()), pdus.TerminateResp)
    assert await peer.read() is None


async def test_one_submit_beyond_the_window_is_told_flow_control(start_ismg: StartIsmg, dial: Dial) -> None:
    ismg = await start_ismg("--response-delay-seconds", "0.2", "--window", "16")
    peer = await dial(ismg)
    await peer.ask(connect())
    for sequence in range(2, 19):
        peer.say(SUBMIT, sequence)
    answers = [await peer.read() for _ in range(17)]
    told = {one.sequence: one.pdu.result for one in answers if one and isinstance(one.pdu, pdus.SubmitResp)}
    assert told == dict.fromkeys(range(2, 18), results.OK) | {18: results.FLOW_CONTROL}
    assert (await ismg.ask({"op": "stats"}))["window_exceeded"] == 1


async def test_a_message_id_tells_time_gateway_and_number(start_ismg: StartIsmg, dial: Dial) -> None:
    peer = await dial(await start_ismg("--gateway", "4321"))
    await peer.ask(connect())
    answers = [await peer.ask(SUBMIT, sequence) for sequence in (2, 3)]
    ids = [MessageId.of(one.message_id) for one in answers if isinstance(one, pdus.SubmitResp)]
    assert [(one.gateway, one.sequence) for one in ids] == [(4321, 1), (4321, 2)]


async def test_a_client_that_answers_no_active_test_is_cut_off_and_one_that_does_is_not(
    start_ismg: StartIsmg, dial: Dial
) -> None:
    ismg = await start_ismg("--active-test-seconds", "0.1")
    deaf, lively = await dial(ismg), await dial(ismg)
    await deaf.ask(connect())
    await lively.ask(connect())
    for _ in range(6):
        asked = await lively.read()
        assert asked is not None
        assert isinstance(asked.pdu, pdus.ActiveTest)
        lively.say(pdus.ActiveTestResp(), asked.sequence)
    kinds = [type(one.pdu) if one else None for one in [await deaf.read() for _ in range(4)]]
    assert kinds == [pdus.ActiveTest] * 3 + [None]
    assert (await ismg.ask({"op": "stats"}))["silent_clients"] == 1


async def test_a_report_not_acknowledged_before_a_kill_comes_on_the_next_connection(
    start_ismg: StartIsmg, dial: Dial
) -> None:
    ismg = await start_ismg("--receipt-delay-seconds", "0")
    peer = await dial(ismg)
    await peer.ask(connect())
    answer = await peer.ask(replace(SUBMIT, report_wanted=True))
    first = await peer.read()
    await ismg.kill()
    await ismg.start()
    peer = await dial(ismg)
    await peer.ask(connect())
    again = await peer.read()
    assert isinstance(answer, pdus.SubmitResp)
    assert first is not None
    assert again is not None
    assert isinstance(again.pdu, pdus.Deliver)
    assert again.pdu.message_id == answer.message_id
    assert again.pdu.content[:15] == answer.message_id.to_bytes(8, "big") + b"DELIVRD"


async def test_turns_of_ussd_are_refused_for_cmpp_has_no_sessions(start_ismg: StartIsmg) -> None:
    ismg = await start_ismg()
    turn = {"from": "8613800138000", "to": "10086", "text": "*100#", "session": 5, "sequence": 0, "operation": 1}
    refused = await ismg.ask({"op": "ussd", **turn})
    assert (refused["ok"], "no sessions" in refused["error"]) == (False, True)
    assert (await ismg.ask({"op": "stats"}))["ok"]


def test_the_secret_comes_from_the_environment_alone(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "--journal",
        "j",
        "--source",
        SOURCE,
        "--outcome",
        "07=REJECTED",
        "--result",
        "9=8",
        "--version",
        "2.0",
    ]
    settings = read_settings(arguments, {SECRET_VARIABLE: "s3cr3t"})
    assert (settings.secret, settings.outcomes) == ("s3cr3t", (("07", MessageState.REJECTED),))
    assert (settings.results, settings.versions, settings.journal) == ((("9", 8),), frozenset({V2}), Path("j"))
    assert "s3cr3t" not in repr(settings)
    with pytest.raises(SystemExit):
        read_settings(arguments, {})
    assert SECRET_VARIABLE in capsys.readouterr().err
    for wrong in ("x=8", "9=x", "9"):
        with pytest.raises(SystemExit):
            read_settings([*arguments, "--result", wrong], {SECRET_VARIABLE: "s3cr3t"})
    with pytest.raises(SystemExit):
        read_settings([*arguments, "--outcome", "7=LOST"], {SECRET_VARIABLE: "s3cr3t"})
