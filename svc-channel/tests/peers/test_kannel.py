"""Kannel as an ESME of our simulator: another codec and session, in a program operators run.

bearerbox and smsbox listen on loopback alone, on free ports, with a configuration in a temporary folder.
"""

import asyncio
import shutil
import tempfile
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from svc_channel.simulators.messages.journal import Accepted, ReceiptsAcknowledged, Record, read_journal
from svc_channel.simulators.smsc.process import SmscProcess

from ..pap.ports import free_ports  # noqa: TID252 -- tests have no name to import by
from .kannel_boxes import PATIENCE_SECONDS, start_box, until_bound

pytestmark = pytest.mark.peers

CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {secret}
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
box-deny-ip = *.*.*.*
log-file = {folder}/bearerbox.log
log-level = 0
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = carillon
host = {host}
port = {port}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {password}
system-type = CVM
reconnect-delay = 1
enquire-link-interval = 1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-file = {folder}/smsbox.log
log-level = 0

group = sendsms-user
username = tester
password = {secret}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
get-url = "http://127.0.0.1:{callback}/mo?from=%p&to=%P&text=%a&coding=%c&charset=%C"
max-messages = 0
catch-all = true
accepted-smsc = carillon
"""


@dataclass
class Kannel:
    """The running boxes and what they called back."""

    smsc: SmscProcess
    sendsms_port: int
    callback_port: int
    secret: str
    calls: list[dict[str, str]] = field(default_factory=list)

    async def send(self, text: str, **changes: str) -> int:
        """Asks smsbox to send; the HTTP status."""
        query = {
            "username": "tester",
            "password": self.secret,
            "from": "10086",
            "to": "8613800138000",
            "text": text,
            "charset": "UTF-8",
            "dlr-mask": "31",
            "dlr-url": f"http://127.0.0.1:{self.callback_port}/dlr?state=%d&to=%p&smscid=%F",
            **changes,
        }
        url = f"http://127.0.0.1:{self.sendsms_port}/cgi-bin/sendsms?{urllib.parse.urlencode(query)}"
        return await asyncio.to_thread(lambda: int(urllib.request.urlopen(url, timeout=5).status))

    async def until_called(self, enough: Callable[[list[dict[str, str]]], bool]) -> list[dict[str, str]]:
        """Waits for callbacks."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not enough(self.calls):
                await asyncio.sleep(0.05)
        return self.calls

    async def until_journalled(self, enough: Callable[[list[Record]], bool]) -> list[Record]:
        """Waits for the simulator's journal."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not enough(records := list(read_journal(self.smsc.journal))):
                await asyncio.sleep(0.05)
        return records


@pytest.fixture
async def kannel() -> AsyncIterator[Kannel]:
    if shutil.which("bearerbox") is None or shutil.which("smsbox") is None:
        pytest.skip("Kannel is not installed (Debian: kannel)")
    with tempfile.TemporaryDirectory(prefix="kannel-") as place:
        folder = Path(place)
        smsc = SmscProcess(folder, password="secret", options=("--receipt-delay-seconds", "0.2"))
        await smsc.start()
        admin, box, sendsms = free_ports(3)
        boxes = Kannel(smsc=smsc, sendsms_port=sendsms, callback_port=0, secret="tester-of-one-run")
        callbacks = await asyncio.start_server(lambda r, w: _take_callback(boxes, r, w), "127.0.0.1", 0)
        boxes.callback_port = callbacks.sockets[0].getsockname()[1]
        configuration = folder / "kannel.conf"
        configuration.write_text(
            CONFIGURATION.format(
                admin=admin,
                box=box,
                sendsms=sendsms,
                callback=boxes.callback_port,
                folder=folder,
                host=smsc.host,
                port=smsc.port,
                system_id=smsc.system_id,
                password=smsc.password,
                secret=boxes.secret,
            )
        )
        processes = [await start_box("bearerbox", configuration, box)]
        processes.append(await start_box("smsbox", configuration, sendsms))
        try:
            await until_bound(smsc)
            yield boxes
        finally:
            for process in reversed(processes):
                process.kill()
                await process.wait()
            callbacks.close()
            await smsc.stop()


async def _take_callback(boxes: Kannel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
    parsed = urllib.parse.urlsplit(path)
    # %a comes in the message's own charset: Latin letters read the same in all of them.
    query = urllib.parse.parse_qs(parsed.query, keep_blank_values=True)
    boxes.calls.append({"path": parsed.path, **{name: values[0] for name, values in query.items()}})
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


def _accepted(records: list[Record]) -> list[Accepted]:
    return [record for record in records if isinstance(record, Accepted)]


async def test_a_message_of_kannel_is_accepted_and_its_receipt_comes_back(kannel: Kannel) -> None:
    assert await kannel.send("hello from kannel [€]") == 202
    records = await kannel.until_journalled(lambda found: any(isinstance(r, ReceiptsAcknowledged) for r in found))
    (message,) = _accepted(records)
    assert (message.source, message.destination) == ("10086", "8613800138000")
    assert message.decoded.text == "hello from kannel [€]"
    calls = await kannel.until_called(lambda found: any(call.get("state") == "1" for call in found))
    states = [call["state"] for call in calls if call["path"] == "/dlr"]
    # 8: our submit_sm_resp accepted it; 1: our receipt says delivered.
    assert states == ["8", "1"]


async def test_a_long_chinese_text_of_kannel_comes_in_parts_that_join(kannel: Kannel) -> None:
    text = "彩铃" * 42
    assert await kannel.send(text, coding="2", **{"dlr-mask": "1"}) == 202
    parts = _accepted(await kannel.until_journalled(lambda found: len(_accepted(found)) == 2))
    assert [(part.data_coding, part.short_message[:3].hex()) for part in parts] == [(8, "050003"), (8, "050003")]
    assert "".join(part.decoded.text for part in parts) == text
    places = [part.decoded.part for part in parts]
    assert [(place.total, place.number) for place in places if place] == [(2, 1), (2, 2)]


async def test_subscribers_texts_reach_kannel(kannel: Kannel) -> None:
    texts = [f"order {number}" for number in range(20)]
    messages = [{"from": "8613800138000", "to": "10086", "text": text} for text in texts]
    assert (await kannel.smsc.ask({"op": "mo", "messages": messages}))["ok"] is True
    calls = await kannel.until_called(lambda found: len(found) == len(texts))
    assert sorted(call["text"] for call in calls) == sorted(texts)
    assert {(call["from"], call["to"]) for call in calls} == {("+8613800138000", "10086")}
    stats = await kannel.smsc.ask({"op": "stats"})
    assert (stats["inbound_acknowledged"], stats["owed"]) == (20, 0)


async def test_kannel_binds_again_after_the_simulator_was_killed(kannel: Kannel) -> None:
    await kannel.smsc.kill()
    await kannel.smsc.start()
    await until_bound(kannel.smsc)
    assert await kannel.send("after the restart") == 202
    records = await kannel.until_journalled(lambda found: any(isinstance(r, ReceiptsAcknowledged) for r in found))
    assert [message.decoded.text for message in _accepted(records)] == ["after the restart"]
