"""The ways of binding and of long texts: pairs, 5.0 with its fallback, and what each way puts on the wire."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from svc_channel.adapters.line import LinkLost, Outgoing
from svc_channel.adapters.smpp_link import LinkSettings
from svc_channel.adapters.smpp_peer import SmppPeer, SmppSettings
from svc_channel.adapters.smpp_values import BindRefused
from svc_channel.domain.channel import Channel
from svc_channel.domain.smpp import codec, commands, pdus, statuses
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.framer import Framer
from svc_channel.domain.smpp.long_texts import LongText, cut_text, read_sar
from svc_channel.domain.smpp.tlvs import find_tlv, read_tlvs
from svc_channel.domain.submission import Answer
from svc_channel.domain.text.decoding import Concatenation, decode_text
from svc_channel.simulators.smsc.process import SmscProcess

LONG = "中" * 66 + "😀" + "中" * 100
StartSmsc = Callable[..., Awaitable[SmscProcess]]


def link_settings(smsc: SmscProcess, **changes: Any) -> LinkSettings:
    return LinkSettings(
        **{"host": smsc.host, "port": smsc.port, "system_id": smsc.system_id, "password": smsc.password, **changes}
    )


def message(text: str = LONG, **changes: Any) -> Outgoing:
    said = {"reference": 0x12345, "channel": Channel.SMS, "source": "10086", "destination": "8613800138001"}
    return Outgoing(**{**said, "text": text, **changes})


def peer(link: LinkSettings, **changes: Any) -> SmppPeer[int]:
    return SmppPeer("smsc", SmppSettings(link=link, **changes))


async def test_a_transmitter_and_a_receiver_are_one_line(start_smsc: StartSmsc) -> None:
    smsc = await start_smsc()
    line = await peer(link_settings(smsc), separate_binds=True).open()
    [part] = peer(link_settings(smsc)).cut(message("Hello"))
    await line.submit(7, part)
    answers: list[Any] = []
    deliveries: list[Any] = []
    async with asyncio.timeout(10):
        while not (answers and deliveries):
            received = await line.receive()
            answers += received.answers
            deliveries += received.deliveries
    assert [(one.token, one.answer) for one in answers] == [(7, Answer.ACCEPTED)]
    assert [one.receipt.smsc_id for one in deliveries if one.receipt] == [answers[0].peer_id]
    line.respond(deliveries)
    assert (line.in_flight, line.lost) == (0, False)
    assert await line.unbind(drain_seconds=1) == ()
    assert line.lost


async def test_the_end_of_the_receiver_is_the_end_of_both_with_the_open_submits_in_doubt(
    start_smsc: StartSmsc,
) -> None:
    smsc = await start_smsc("--response-delay-seconds", "5", "--receipt-delay-seconds", "5")
    line = await peer(link_settings(smsc), separate_binds=True).open()
    [part] = peer(link_settings(smsc)).cut(message("Hello"))
    await line.submit(7, part)
    receiving = asyncio.create_task(line.receive())
    await asyncio.sleep(0.1)
    await smsc.kill()
    with pytest.raises(LinkLost) as lost:
        await receiving
    assert lost.value.in_doubt == (7,)
    with pytest.raises(LinkLost):
        await line.submit(8, part)
    with pytest.raises(LinkLost):
        await line.receive()


class PickySmsc:
    """Answers binds by a rule of the test, and keeps what was asked."""

    def __init__(self, answer: Callable[[pdus.Bind], int | None]) -> None:
        self._answer = answer
        self.binds: list[pdus.Bind] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer = Framer()
        while data := await reader.read(65536):
            for frame in framer.feed(data):
                envelope = codec.decode(frame)
                if isinstance(envelope.pdu, pdus.Bind):
                    self.binds.append(envelope.pdu)
                    status = self._answer(envelope.pdu)
                    if status is None:
                        writer.close()
                        return
                    resp = pdus.BindResp(command=envelope.pdu.command | commands.RESPONSE_BIT)
                    writer.write(codec.encode(resp, envelope.sequence, status))
        writer.close()


async def bound(answer: Callable[[pdus.Bind], int | None], *, version: int, times: int = 1) -> PickySmsc:
    """Opens a line to a picky SMSC so many times."""
    smsc = PickySmsc(answer)
    server = await asyncio.start_server(smsc.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = LinkSettings(host="127.0.0.1", port=port, system_id="me", password="pw", interface_version=version)
    one = peer(settings)
    try:
        for _ in range(times):
            line = await one.open()
            await line.unbind(drain_seconds=0.1)
    finally:
        server.close()
    return smsc


async def test_a_line_binds_as_5_0_where_that_is_known() -> None:
    smsc = await bound(lambda _: statuses.OK, version=0x50)
    assert [bind.interface_version for bind in smsc.binds] == [0x50]


@pytest.mark.parametrize("refusal", [statuses.BIND_FAILED, statuses.SYSTEM_ERROR, None])
async def test_a_line_falls_back_to_3_4_where_5_0_is_not_known_and_remembers_it(refusal: int | None) -> None:
    smsc = await bound(lambda bind: refusal if bind.interface_version == 0x50 else statuses.OK, version=0x50, times=2)
    assert [bind.interface_version for bind in smsc.binds] == [0x50, 0x34, 0x34]


async def test_a_wrong_password_is_no_reason_to_fall_back() -> None:
    asked: list[int] = []

    def refuse(bind: pdus.Bind) -> int:
        asked.append(bind.interface_version)
        return statuses.INVALID_PASSWORD

    with pytest.raises(BindRefused):
        await bound(refuse, version=0x50)
    assert asked == [0x50]


@pytest.mark.parametrize("way", list(LongText))
async def test_an_smsc_takes_a_long_text_in_each_of_the_four_ways(start_smsc: StartSmsc, way: LongText) -> None:
    smsc = await start_smsc()
    one = peer(link_settings(smsc), long_texts=way)
    line, parts = await one.open(), one.cut(message())
    for part in parts:
        await line.submit(part.number, part)
    answers: list[Any] = []
    async with asyncio.timeout(10):
        while len(answers) < len(parts):
            answers += (await line.receive()).answers
    assert {answer.answer for answer in answers} == {Answer.ACCEPTED}
    assert len({answer.peer_id for answer in answers}) == len(parts)
    await line.unbind(drain_seconds=1)


@pytest.mark.parametrize(
    ("way", "parts", "first"),
    [
        (LongText.UDH8, 3, bytes.fromhex("050003450301")),
        (LongText.UDH16, 3, bytes.fromhex("06080423450301")),
        (LongText.SAR, 3, b""),
        (LongText.PAYLOAD, 1, b""),
    ],
)
def test_each_way_carries_the_whole_text_and_cuts_no_character(way: LongText, parts: int, first: bytes) -> None:
    cut = cut_text(LONG, reference=0x12345, way=way)
    assert len(cut) == parts
    assert cut[0].short_message.startswith(first)
    read = ""
    for part in cut:
        pdu = pdus.SubmitSm(source="1", destination="2", short_message=part.short_message, tlvs=part.tlvs)
        decoded = decode_text(pdu.payload, data_coding=part.data_coding, has_header=part.has_header)
        read += decoded.text
        if parts > 1:
            reference = {LongText.UDH8: 0x45}.get(way, 0x2345)
            where = Concatenation(reference=reference, total=3, number=part.number)
            assert (decoded.part or read_sar(part.tlvs)) == where
        assert len(part.short_message) <= 140
    assert read == LONG


@pytest.mark.parametrize(
    ("text", "way", "parts"),
    [
        ("a" * 160, LongText.UDH16, 1),
        ("a" * 304, LongText.UDH16, 2),
        ("a" * 305, LongText.UDH16, 3),
        ("a" * 151 + "€" + "b" * 10, LongText.UDH16, 2),
        ("中" * 132, LongText.UDH16, 2),
        ("中" * 133, LongText.UDH16, 3),
        ("a" * 306, LongText.SAR, 2),
        ("a" * 2000, LongText.PAYLOAD, 1),
        ("a" * 160, LongText.PAYLOAD, 1),
    ],
)
def test_a_reference_of_two_octets_costs_each_part_one(text: str, way: LongText, parts: int) -> None:
    cut = cut_text(text, reference=1, way=way)
    assert len(cut) == parts
    assert not any(part.short_message.endswith(b"\x1b") for part in cut)


@pytest.mark.parametrize(
    "tlvs",
    [
        "",
        "020c00020101",
        "020c000201 020e000102 020f000103",
        "020c000101 020e000102 020f000101",
        "020c00020101 020e000102 020f000100",
    ],
)
def test_sar_parameters_that_are_not_sound_join_nothing(tlvs: str) -> None:
    octets = bytes.fromhex(tlvs.replace(" ", ""))
    found: list[tuple[int, bytes]] = []
    while octets:
        tag, length = int.from_bytes(octets[:2], "big"), int.from_bytes(octets[2:4], "big")
        found.append((tag, octets[4 : 4 + length]))
        octets = octets[4 + length :]
    assert read_sar(tuple(found)) is None


async def test_parameters_of_the_line_and_of_the_message_go_out_as_they_are(
    start_scripted: Callable[..., Awaitable[Any]],
) -> None:
    smsc = await start_scripted("healthy")
    link = LinkSettings(host="127.0.0.1", port=smsc.port, system_id="me", password="pw")
    one = peer(link, tlvs=read_tlvs({"0x1400": "0a0b"}))
    line = await one.open()
    [part] = one.cut(message("Hello", content=b'{"tlvs": {"0x3fff": "", "0x0204": "0007"}}'))
    await line.submit(1, part)
    await line.receive()
    submits: Sequence[pdus.SubmitSm] = [seen.pdu for seen in smsc.seen if isinstance(seen.pdu, pdus.SubmitSm)]
    assert submits[0].tlvs == ((0x1400, b"\x0a\x0b"), (0x3FFF, b""), (0x0204, b"\x00\x07"))
    assert find_tlv(submits[0].tlvs, 0x1400) == b"\x0a\x0b"
    await line.unbind(drain_seconds=0.5)


@pytest.mark.parametrize("said", [{"zz": "00"}, {"0x1400": "0"}, {"0x10000": "00"}, {"0x1400": 5}])
def test_parameters_that_are_no_hexadecimal_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(MalformedPdu):
        read_tlvs(said)
