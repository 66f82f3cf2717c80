"""Kannel's wapbox as a push proxy: another PAP reader and another WBXML compiler, in a program operators run.

bearerbox sends what wapbox compiled over SMPP to our SMSC simulator, so the whole way of a push is walked. Kannel's boxes
can't be told to bind the push port to loopback alone: the addresses that it serves are.
"""

import asyncio
import shutil
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from svc_channel.adapters.http_line import HttpLine, HttpPeer, HttpSettings
from svc_channel.adapters.line import LineAnswer, LinkLost, Outgoing
from svc_channel.adapters.pap_exchange import PapExchange, PapSettings
from svc_channel.domain.pap.answers import read_answer
from svc_channel.domain.pap.push_ids import make_push_id
from svc_channel.domain.submission import Answer
from svc_channel.domain.wap.carriage import write_content
from svc_channel.domain.wap.indications import Indication, ServiceIndication, ServiceLoading
from svc_channel.domain.wap.port_segments import join_parts, read_part
from svc_channel.domain.wap.push_pdu import decode_push
from svc_channel.domain.wap.wbxml_reader import read_wbxml
from svc_channel.simulators.messages.journal import Accepted, read_journal
from svc_channel.simulators.smsc.process import SmscProcess

from ..peers.kannel_boxes import PATIENCE_SECONDS, start_box, until_bound  # noqa: TID252 -- tests have no name to import by
from .ports import free_ports

pytestmark = pytest.mark.peers

CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {password}
wapbox-port = {box}
smsbox-port = {sms}
wdp-interface-name = "127.0.0.1"
box-allow-ip = 127.0.0.1
box-deny-ip = *.*.*.*
log-file = {folder}/bearerbox.log
log-level = 0

group = smsc
smsc = smpp
smsc-id = carillon
host = {host}
port = {port}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {smsc_password}
system-type = CVM
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1

group = sms-service
keyword = default
max-messages = 0

group = wapbox
bearerbox-host = 127.0.0.1
log-file = {folder}/wapbox.log
log-level = 0

group = ppg
ppg-url = /wappush
ppg-port = {push}
ppg-allow-ip = 127.0.0.1
concurrent-pushes = 100
users = 1
service-name = ppg
global-sender = 10086

group = wap-push-user
wap-push-user = carillon
ppg-username = carillon
ppg-password = {password}
"""
PASSWORD = "push-of-one-run"


@dataclass
class Boxes:
    """The running boxes and the SMSC behind them."""

    smsc: SmscProcess
    url: str

    def peer(self, password: str = PASSWORD) -> HttpPeer[str]:
        exchange = PapExchange(PapSettings(url=self.url, user="carillon", password=password))
        return HttpPeer(HttpSettings(name="kannel", url=self.url), exchange)

    async def accepted(self, count: int) -> list[Accepted]:
        """So many short messages, once the SMSC has them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = [record for record in read_journal(self.smsc.journal) if isinstance(record, Accepted)]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.05)


@pytest.fixture
async def boxes() -> AsyncIterator[Boxes]:
    if shutil.which("bearerbox") is None or shutil.which("wapbox") is None:
        pytest.skip("Kannel is not installed (Debian: kannel)")
    with tempfile.TemporaryDirectory(prefix="ppg-") as place:
        folder = Path(place)
        smsc = SmscProcess(folder, password="secret")
        await smsc.start()
        admin, box, sms, push = free_ports(4)
        configuration = folder / "kannel.conf"
        configuration.write_text(
            CONFIGURATION.format(
                admin=admin,
                box=box,
                sms=sms,
                push=push,
                folder=folder,
                host=smsc.host,
                port=smsc.port,
                system_id=smsc.system_id,
                smsc_password=smsc.password,
                password=PASSWORD,
            )
        )
        processes: list[Process] = []
        try:
            processes.append(await start_box("bearerbox", configuration, box))
            processes.append(await start_box("wapbox", configuration, push))
            await until_bound(smsc)
            yield Boxes(smsc=smsc, url=f"http://127.0.0.1:{push}/wappush")
        finally:
            for process in reversed(processes):
                process.kill()
                await process.wait()
            await smsc.stop()


def _message(reference: int, indication: Indication) -> Outgoing:
    return Outgoing(
        reference=reference,
        channel="wap_push",
        source="10086",
        destination="8613800138000",
        text="",
        content=write_content(indication),
    )


async def _answers(line: HttpLine[str], count: int) -> dict[str, LineAnswer[str]]:
    found: list[LineAnswer[str]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < count:
            found += (await line.receive()).answers
    return {answer.token: answer for answer in found}


async def test_kannel_takes_our_pushes_and_compiles_what_we_mean(boxes: Boxes) -> None:
    offer = ServiceIndication(href="http://www.example.com/tones/0001", text="试听彩铃 & more", si_id="1@carillon")
    long = ServiceIndication(href="http://www.example.com/tones/0002", text="彩铃" * 60, si_id="2@carillon")
    loading = ServiceLoading(href="https://www.example.com/page")
    peer = boxes.peer()
    line = await peer.open()
    sent: dict[str, Indication] = {"offer": offer, "long": long, "loading": loading}
    for reference, (token, indication) in enumerate(sent.items(), start=1):
        [submission] = peer.cut(_message(reference, indication))
        await line.submit(token, submission)
    answers = await _answers(line, 3)
    await line.unbind(drain_seconds=1)
    assert {token: (answer.answer, answer.peer_id) for token, answer in answers.items()} == {
        token: (Answer.ACCEPTED, make_push_id(reference, domain="carillon", key=PASSWORD.encode()))
        for reference, token in enumerate(sent, start=1)
    }
    messages = await boxes.accepted(6)
    assert {(message.source, message.destination) for message in messages} == {("10086", "8613800138000")}
    parts = [read_part(message.short_message) for message in messages]
    whole = [[part] for part in parts if part.total == 1] + [[part for part in parts if part.total > 1]]
    read = [read_wbxml(decode_push(join_parts(group)).body) for group in whole]
    assert sorted(map(repr, read)) == sorted(map(repr, sent.values()))


async def test_kannel_does_not_let_a_wrong_password_in(boxes: Boxes) -> None:
    peer = boxes.peer(password="wrong")
    line = await peer.open()
    [part] = peer.cut(_message(1, ServiceLoading(href="http://a.cn/1")))
    await line.submit("a", part)
    with pytest.raises(LinkLost) as lost:
        await _answers(line, 1)
    assert lost.value.reason == "BARRED"


async def test_kannel_says_bad_message_to_xml_that_is_broken(boxes: Boxes) -> None:
    peer = boxes.peer()
    [part] = peer.cut(_message(1, ServiceLoading(href="http://a.cn/1")))
    request = await peer._exchange.request(part)
    broken = part.body.replace(b"</push-message>", b"</push-mess>")
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(boxes.url, content=broken, headers=headers)
    assert answer.status_code == 202
    assert (read_answer(answer.content).push_id, read_answer(answer.content).code) == ("", 2000)
