"""The simulator seen by a peer that speaks octets: order, refusals, attacks, and its journal after a crash."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from svc_channel.adapters.smpp_link import SmppLink
from svc_channel.domain.smpp import codec, commands, pdus, statuses
from svc_channel.domain.smpp.framer import Framer
from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.simulators.messages.journal import (
    Accepted,
    Inbound,
    InboundAcknowledged,
    Journal,
    ReceiptsAcknowledged,
    Record,
    read_journal,
)
from svc_channel.simulators.messages.mailbox import OwedInbound, OwedReceipt, restore
from svc_channel.simulators.smsc.process import SmscProcess
from svc_channel.simulators.smsc.settings import PASSWORD_VARIABLE, read_settings

StartSmsc = Callable[..., Awaitable[SmscProcess]]
BIND = pdus.Bind(system_id="carillon", password="secret")
SUBMIT = pdus.SubmitSm(source="10086", destination="8613800138000", short_message=b"hi", registered_delivery=1)


class RawPeer:
    """A TCP connection that writes octets and reads PDUs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._framer = Framer()
        self._waiting: list[codec.Envelope] = []

    async def read(self) -> codec.Envelope | None:
        """The next PDU, None when the simulator has closed."""
        async with asyncio.timeout(5):
            while not self._waiting:
                data = await self._reader.read(65536)
                if not data:
                    return None
                self._waiting += [codec.decode(frame) for frame in self._framer.feed(data)]
        return self._waiting.pop(0)

    async def ask(self, pdu: pdus.Pdu, sequence: int = 1) -> codec.Envelope:
        """Sends one PDU and reads the next one."""
        self.writer.write(codec.encode(pdu, sequence))
        answer = await self.read()
        assert answer is not None
        return answer


@pytest.fixture
async def dial() -> AsyncIterator[Callable[[SmscProcess], Awaitable[RawPeer]]]:
    """Opens raw connections; each is closed at the test's end."""
    peers: list[RawPeer] = []

    async def call(smsc: SmscProcess) -> RawPeer:
        peer = RawPeer(*await asyncio.open_connection(smsc.host, smsc.port))
        peers.append(peer)
        return peer

    yield call
    for peer in peers:
        peer.writer.close()


Dial = Callable[[SmscProcess], Awaitable[RawPeer]]


async def test_pdus_cut_at_every_octet_are_answered(start_smsc: StartSmsc, dial: Dial) -> None:
    peer = await dial(await start_smsc("--receipt-delay-seconds", "60"))
    stream = codec.encode(BIND, 1) + codec.encode(SUBMIT, 2) + codec.encode(pdus.EnquireLink(), 3)
    for at in range(len(stream)):
        peer.writer.write(stream[at : at + 1])
        await peer.writer.drain()
        await asyncio.sleep(0)
    kinds = [type(envelope.pdu) for envelope in [await peer.read() for _ in range(3)] if envelope]
    assert kinds == [pdus.BindResp, pdus.SubmitSmResp, pdus.EnquireLinkResp]


@pytest.mark.parametrize("octets", [b"\0\0\0\x0f", b"\x7f\xff\xff\xff", struct.pack("!II", 5000, commands.UNBIND)])
async def test_a_length_attack_closes_that_connection_alone(start_smsc: StartSmsc, dial: Dial, octets: bytes) -> None:
    smsc = await start_smsc()
    bystander, attacker = await dial(smsc), await dial(smsc)
    await bystander.ask(BIND)
    attacker.writer.write(octets)
    nack = await attacker.read()
    assert nack is not None
    assert nack.status == statuses.INVALID_COMMAND_LENGTH
    assert await attacker.read() is None
    assert isinstance((await bystander.ask(pdus.EnquireLink())).pdu, pdus.EnquireLinkResp)


async def test_what_is_out_of_order_or_unknown_is_refused_and_the_session_goes_on(
    start_smsc: StartSmsc, dial: Dial
) -> None:
    peer = await dial(await start_smsc())
    assert (await peer.ask(SUBMIT)).status == statuses.INCORRECT_BIND_STATUS
    assert (await peer.ask(BIND)).status == statuses.OK
    assert (await peer.ask(BIND)).status == statuses.ALREADY_BOUND
    unreachable = pdus.SubmitSm(source="10086", destination="nobody")
    assert (await peer.ask(unreachable)).status == statuses.INVALID_DESTINATION
    peer.writer.write(bytes.fromhex("00000010 00000021 00000000 00000009"))
    nack = await peer.read()
    assert nack == codec.Envelope(statuses.INVALID_COMMAND_ID, 9, pdus.GenericNack())
    cut = codec.encode(SUBMIT, 11)[:-2]
    peer.writer.write(struct.pack("!I", len(cut)) + cut[4:])
    refused = await peer.read()
    assert refused == codec.Envelope(statuses.INVALID_MESSAGE_LENGTH, 11, pdus.SubmitSmResp())
    assert isinstance((await peer.ask(pdus.Unbind())).pdu, pdus.UnbindResp)
    assert await peer.read() is None


async def test_a_transmitter_submits_and_a_receiver_gets_the_receipt(start_smsc: StartSmsc, dial: Dial) -> None:
    smsc = await start_smsc()
    transmitter, receiver = await dial(smsc), await dial(smsc)
    bind: dict[str, Any] = {"system_id": "carillon", "password": "secret"}
    bound = await receiver.ask(pdus.Bind(command=commands.BIND_RECEIVER, **bind))
    assert bound.pdu == pdus.BindResp(
        command=commands.BIND_RECEIVER_RESP, system_id="carillon-sim", tlvs=((0x0210, b"\x34"),)
    )
    await transmitter.ask(pdus.Bind(command=commands.BIND_TRANSMITTER, **bind))
    assert (await receiver.ask(SUBMIT)).status == statuses.INCORRECT_BIND_STATUS
    answer = await transmitter.ask(SUBMIT)
    delivered = await receiver.read()
    assert delivered is not None
    assert isinstance(answer.pdu, pdus.SubmitSmResp)
    assert isinstance(delivered.pdu, pdus.DeliverSm)
    assert delivered.pdu.tlvs[0] == (0x001E, answer.pdu.message_id.encode() + b"\0")
    assert delivered.pdu.tlvs[1] == (0x0427, b"\x02")
    assert delivered.pdu.source == SUBMIT.destination
    assert b"stat:DELIVRD" in delivered.pdu.short_message


@pytest.mark.parametrize(
    ("request_line", "error"),
    [
        ({"op": "dance"}, "op is mo, ussd, screens or stats"),
        ({}, "KeyError"),
        ([], "TypeError"),
        ({"op": "mo", "from": "+86138", "to": "10086", "text": "x"}, "digits"),
        ({"op": "mo", "from": "86138", "to": "10086", "text": 5}, "string"),
        ({"op": "mo", "from": "86138", "to": "10086"}, "KeyError"),
        ({"op": "mo", "from": "86138", "to": "10086", "text": "a" * 50_000}, "TEXT_TOO_LONG"),
    ],
)
async def test_a_wrong_request_on_the_control_socket_is_refused_and_takes_nothing(
    start_smsc: StartSmsc, request_line: Any, error: str
) -> None:
    smsc = await start_smsc()
    answer = await smsc.ask(request_line)
    assert answer["ok"] is False
    assert error in answer["error"]
    assert (await smsc.ask({"op": "stats"}))["inbound"] == 0


async def test_the_memory_stays_small_with_a_hundred_thousand_receipts_owed(
    start_smsc: StartSmsc, connect: Callable[..., Awaitable[SmppLink[int]]]
) -> None:
    smsc = await start_smsc("--receipt-delay-seconds", "600")
    link = await connect(smsc, answer_limit=200_000)
    for number in range(100_000):
        await link.submit(number, SUBMIT)
    answered = 0
    while answered < 100_000:
        answered += len((await link.receive()).answers)
    assert (await smsc.ask({"op": "stats"}))["owed"] == 100_000
    assert psutil.Process(smsc.pid).memory_info().rss < 100 * 2**20


ACCEPTED = Accepted(
    message_id="0000000001",
    at=1.5,
    source="10086",
    destination="8613800138000",
    data_coding=8,
    esm_class=0,
    short_message="中文".encode("utf-16-be"),
    receipt_wanted=True,
    state=MessageState.EXPIRED,
)
INBOUND = Inbound(
    number=1,
    at=2.5,
    source="8613800138000",
    destination="10086",
    data_coding=0,
    esm_class=0,
    short_message=b"yes",
)
RECORDS: list[Record] = [ACCEPTED, INBOUND, ReceiptsAcknowledged(("0000000001",)), InboundAcknowledged((1,))]


def test_every_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for record in RECORDS:
        journal.append(record)
    assert not list(read_journal(tmp_path / "journal.jsonl"))
    journal.close()
    assert list(read_journal(tmp_path / "journal.jsonl")) == RECORDS
    assert ACCEPTED.decoded.text == "中文"


def test_a_line_cut_by_a_kill_is_left_out_and_dropped_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(ACCEPTED)
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"record":"inbound","number"' + b" " * 100_000)
    assert list(read_journal(path)) == [ACCEPTED]
    after = Journal(path)
    after.append(INBOUND)
    after.close()
    assert list(read_journal(path)) == [ACCEPTED, INBOUND]
    path.write_bytes(b'{"rec')
    Journal(path).close()
    assert path.read_bytes() == b""


def test_what_is_owed_after_the_journal_is_what_was_never_acknowledged() -> None:
    owed, counts = restore(RECORDS[:2])
    assert owed == [OwedReceipt.of(ACCEPTED), OwedInbound(INBOUND)]
    assert (counts.accepted, counts.receipts_wanted, counts.inbound) == (1, 1, 1)
    assert restore(RECORDS)[0] == []


def test_the_password_comes_from_the_environment_alone(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--journal", "j", "--system-id", "carillon", "--outcome", "07=UNDELIVERABLE"]
    settings = read_settings(arguments, {PASSWORD_VARIABLE: "secret"})
    assert (settings.password, settings.outcomes) == ("secret", (("07", MessageState.UNDELIVERABLE),))
    assert "secret" not in repr(settings)
    with pytest.raises(SystemExit):
        read_settings(arguments, {})
    assert PASSWORD_VARIABLE in capsys.readouterr().err
    with pytest.raises(SystemExit):
        read_settings([*arguments, "--outcome", "x=DELIVERED"], {PASSWORD_VARIABLE: "secret"})


def test_the_journal_is_json_a_person_can_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(ACCEPTED)
    journal.close()
    line = json.loads((tmp_path / "journal.jsonl").read_text())
    assert (line["record"], line["to"], line["state"]) == ("accepted", "8613800138000", "EXPIRED")
