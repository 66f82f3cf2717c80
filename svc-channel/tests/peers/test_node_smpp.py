"""Our link against an SMSC made of npm's smpp package, whose codec shares nothing with ours."""

import asyncio
import json
import os
import shutil
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from svc_channel.adapters.line import Outgoing
from svc_channel.adapters.smpp_link import BindRefused, Delivery, LinkSettings, SmppLink, SubmitAnswer
from svc_channel.adapters.smpp_peer import SmppPeer, SmppSettings
from svc_channel.domain.channel import Channel
from svc_channel.domain.smpp import pdus, statuses
from svc_channel.domain.smpp.long_texts import LongText
from svc_channel.domain.smpp.receipts import parse_receipt
from svc_channel.domain.text.decoding import decode_text
from svc_channel.domain.text.segmentation import segment_text

pytestmark = pytest.mark.peers

PACKAGE = "smpp@0.5.1"
SCRIPT = Path(__file__).parent / "node_smsc.js"
INSTALL_SECONDS = 60


class NodeSmsc:
    """The running script: what it says, and a way to make a subscriber write."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.port = 0
        self.said: list[dict[str, Any]] = []

    async def until(self, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Reads what it says until that is enough."""
        assert self._process.stdout is not None
        async with asyncio.timeout(10):
            while not enough(self.said):
                self.said.append(json.loads(await self._process.stdout.readline()))
        return self.said

    def write(self, text: str) -> None:
        """Makes a subscriber send this text."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, fetched once a run; where it can't be had, all these tests leave themselves out at once."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed (Debian: nodejs, npm)")
    folder = tmp_path_factory.mktemp("node-smpp")
    command = ["npm", "install", "--prefix", str(folder), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        npm = subprocess.run([*command, PACKAGE], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)  # noqa: S603 -- our own words
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not fetch {PACKAGE} within {INSTALL_SECONDS} s")
    if npm.returncode != 0:
        pytest.skip(f"npm could not fetch {PACKAGE}: {npm.stderr[-200:]}")
    return folder / "node_modules"


@pytest.fixture
async def node_smsc(node_modules: Path) -> AsyncIterator[NodeSmsc]:
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), env={**os.environ, "NODE_PATH": str(node_modules)}, stdin=PIPE, stdout=PIPE
    )
    smsc = NodeSmsc(process)
    smsc.port = (await smsc.until(bool))[0]["port"]
    yield smsc
    process.kill()
    await process.wait()


async def bind(smsc: NodeSmsc, *, right: bool = True) -> SmppLink[int]:
    return await SmppLink.connect(
        LinkSettings(
            host="127.0.0.1",
            port=smsc.port,
            system_id="carillon",
            password="secret" if right else "wrong",
            enquire_link_seconds=0.2,
        )
    )


async def receive(link: SmppLink[int], answers: int, deliveries: int) -> tuple[list[SubmitAnswer[int]], list[Delivery]]:
    found: tuple[list[SubmitAnswer[int]], list[Delivery]] = ([], [])
    async with asyncio.timeout(20):
        while len(found[0]) < answers or len(found[1]) < deliveries:
            received = await link.receive()
            found[0].extend(received.answers)
            found[1].extend(received.deliveries)
            link.respond(received.deliveries)
    return found


async def test_a_wrong_password_is_refused_by_the_peer(node_smsc: NodeSmsc) -> None:
    with pytest.raises(BindRefused) as refused:
        await bind(node_smsc, right=False)
    assert refused.value.status == statuses.INVALID_PASSWORD


async def test_messages_texts_parts_receipts_and_answers_go_through_the_peer(node_smsc: NodeSmsc) -> None:
    link = await bind(node_smsc)
    text = "彩铃业务:回复1订购😀" * 10
    parts = segment_text(text, reference=77)
    for number, part in enumerate(parts):
        await link.submit(
            number,
            pdus.SubmitSm(
                source="10086",
                destination="8613800138000",
                short_message=part.short_message,
                data_coding=part.data_coding,
                esm_class=part.esm_class,
                registered_delivery=pdus.REGISTERED_RECEIPT,
            ),
        )
    answers, deliveries = await receive(link, len(parts), len(parts))
    assert {answer.message_id for answer in answers} == {
        parse_receipt(delivery.message).message_id for delivery in deliveries
    }
    assert all(parse_receipt(delivery.message).is_delivered for delivery in deliveries)
    said = await node_smsc.until(lambda lines: sum("receipt" in line for line in lines) == len(parts))
    assert {line["status"] for line in said if "receipt" in line} == {0}
    submits = [line for line in said if "submit" in line]
    assert "".join(line["text"] for line in submits) == text
    assert [line["udh"][-3:] for line in submits] == [[77, len(parts), at + 1] for at in range(len(parts))]
    await link.unbind()
    assert (await node_smsc.until(lambda lines: "unbind" in lines[-1]))[-1] == {"unbind": True}


@pytest.mark.parametrize("way", list(LongText))
async def test_the_peer_reads_a_long_text_in_each_of_the_four_ways_over_a_pair_of_binds(
    node_smsc: NodeSmsc, way: LongText
) -> None:
    link = LinkSettings(
        host="127.0.0.1", port=node_smsc.port, system_id="carillon", password="secret", interface_version=0x50
    )
    peer: SmppPeer[int] = SmppPeer("node", SmppSettings(link=link, separate_binds=True, long_texts=way))
    text = "彩铃业务:回复1订购😀" * 10
    # So that what goes out is 0x1234D.
    least = 0x1234D - Outgoing(reference=0, channel="", source="", destination="", text="").reference_over("node")
    parts = peer.cut(
        Outgoing(reference=least, channel=Channel.SMS, source="10086", destination="8613800138000", text=text)
    )
    line = await peer.open()
    for part in parts:
        await line.submit(part.number, part)
    answers: list[str] = []
    receipts: list[str] = []
    async with asyncio.timeout(20):
        while min(len(answers), len(receipts)) < len(parts):
            received = await line.receive()
            answers += [answer.peer_id for answer in received.answers]
            receipts += [delivery.receipt.smsc_id for delivery in received.deliveries if delivery.receipt]
            line.respond(received.deliveries)
    assert sorted(answers) == sorted(receipts)
    said = await node_smsc.until(lambda lines: sum("receipt" in one for one in lines) == len(parts))
    assert [(one["bound"], one["version"]) for one in said if "bound" in one] == [
        ("bind_receiver", 0x50),
        ("bind_transmitter", 0x50),
    ]
    submits = [one for one in said if "submit" in one]
    assert "".join(one["text"] for one in submits) == text
    reference: dict[LongText, list[int]] = {LongText.UDH8: [0x4D], LongText.UDH16: [0x23, 0x4D], LongText.SAR: [0x234D]}
    numbers = range(1, len(parts) + 1)
    wanted = [[*reference[way], len(parts), number] for number in numbers] if way in reference else [[]]
    width = len(wanted[0])
    assert [one["sar"] or one["udh"][-width:] for one in submits] == wanted
    assert [one["payload"] for one in submits] == [way is LongText.PAYLOAD] * len(parts)
    await line.unbind(drain_seconds=1)


async def test_the_gsm_alphabet_is_the_same_on_both_sides(node_smsc: NodeSmsc) -> None:
    link = await bind(node_smsc)
    text = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€"
    (only,) = segment_text(text, reference=0)
    await link.submit(1, pdus.SubmitSm(source="10086", destination="86138", short_message=only.short_message))
    said = await node_smsc.until(lambda lines: "submit" in lines[-1])
    assert said[-1]["text"] == text
    node_smsc.write(text)
    _, deliveries = await receive(link, 1, 1)
    message = deliveries[0].message
    assert decode_text(message.payload, data_coding=message.data_coding, has_header=False).text == text
    assert (await node_smsc.until(lambda lines: "mo" in lines[-1]))[-1]["status"] == 0


@pytest.mark.parametrize(("ending", "status"), [("58", statuses.THROTTLED), ("14", statuses.MESSAGE_QUEUE_FULL)])
async def test_the_peers_throttling_is_told_to_the_caller(node_smsc: NodeSmsc, ending: str, status: int) -> None:
    link = await bind(node_smsc)
    await link.submit(1, pdus.SubmitSm(source="10086", destination=f"86138001380{ending}"))
    answers, _ = await receive(link, 1, 0)
    assert (answers[0].throttled, answers[0].status) == (True, status)


async def test_the_peer_is_asked_whether_it_lives_and_answers(node_smsc: NodeSmsc) -> None:
    link = await bind(node_smsc)
    said = await node_smsc.until(lambda lines: sum("enquire" in line for line in lines) == 3)
    assert said[-1] == {"enquire": True}
    assert not link.lost
    await link.unbind()


async def test_a_full_window_flows_through_the_peer(node_smsc: NodeSmsc) -> None:
    link = await bind(node_smsc)

    async def submit() -> None:
        for number in range(2000):
            await link.submit(number, pdus.SubmitSm(source="10086", destination="86138", short_message=b"hi"))

    submitting = asyncio.create_task(submit())
    reading = asyncio.create_task(node_smsc.until(lambda lines: sum("submit" in line for line in lines) == 2000))
    answers, _ = await receive(link, 2000, 0)
    await submitting
    await reading
    assert [answer.token for answer in answers] == list(range(2000))
    assert len({answer.message_id for answer in answers}) == 2000
