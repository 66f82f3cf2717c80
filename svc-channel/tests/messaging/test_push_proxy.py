"""A wap_push message over a push proxy: from its batch by PAP to the result that the proxy posts (CHN-07)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from carillon.channel.v1 import callback_pb2, callback_pb2_grpc, message_pb2
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.pap.answers import PushState, ResultNotification, read_answer, write_notification
from svc_channel.domain.pap.push_ids import is_ours, make_push_id
from svc_channel.domain.wap.carriage import write_content
from svc_channel.domain.wap.indications import ServiceIndication
from svc_channel.main import build
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.line_journal import read_lines
from svc_channel.simulators.ppg.proxy import Fault, ProxyServer, ProxySettings

from .house import Client, House, client_of, new_campaign, request, until
from .http_servers import serving_thread
from .pushes import push_rows

PASSWORD = "push-of-one-run"
VARIABLE = "CARILLON_TEST_PPG_PASSWORD"
OFFER = ServiceIndication(href="http://wap.example.com/tones/1", text="试听彩铃", si_id="1@carillon")


@pytest.fixture
def proxy(house: House) -> Iterator[ProxyServer]:
    """A strict proxy with one silent, one busy and one undeliverable number."""
    faults = (("07", Fault.SILENT), ("08", Fault.BUSY), ("09", Fault.UNDELIVERABLE), ("06", Fault.REFUSE))
    settings = ProxySettings(user="carillon", password=PASSWORD, faults=faults, notice_delay_seconds=0.01)
    with serving_thread(ProxyServer(("127.0.0.1", 0), settings, house.folder / "ppg.jsonl", now=utc_now)) as server:
        yield server
    server.close()


def line_file(folder: Path, proxy: ProxyServer, **changes: Any) -> Path:
    """A file of one line to the proxy that takes all pushes."""
    line = {
        "name": "ppg",
        "protocol": "pap",
        "url": f"http://127.0.0.1:{proxy.server_address[1]}/wappush",
        "user": "carillon",
        "password_variable": VARIABLE,
        "routes": ["push"],
        "window": 4,
        "timeout_seconds": 0.5,
        **changes,
    }
    path = folder / "lines.json"
    path.write_text(json.dumps({"lines": [line], "routes": [{"name": "push", "channels": ["wap_push"]}]}))
    return path


class Peer:
    """Calls the service as the gateway does for a proxy."""

    def __init__(self, channel: Any) -> None:
        self._stub = callback_pb2_grpc.CallbackServiceStub(channel)

    async def tell(self, document: bytes, *, line: str = "ppg", protocol: str = "pap") -> Any:
        asked = callback_pb2.TakeCallbackRequest(
            protocol=protocol, line=line, content_type="application/xml", body=document
        )
        return await invoke(self._stub.TakeCallback, asked)


@pytest.fixture
async def channel(
    house: House, proxy: ProxyServer, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    service = build(house.settings(lines=line_file(house.folder, proxy), doubt_grace_seconds=0.2))
    async with serving(service) as channel:
        yield channel
    await service.database.close()


def result_of(push_id: str, msisdn: str, state: PushState = PushState.DELIVERED) -> bytes:
    return write_notification(
        ResultNotification(push_id=push_id, msisdn=msisdn, state=state, code=1000, at=utc_now().replace(microsecond=0))
    )


async def sent(house: House, count: int) -> list[dict[str, Any]]:
    """What the proxy took, once it is so many, in the order of the numbers."""
    taken: list[dict[str, Any]] = []

    async def enough() -> bool:
        taken[:] = [one for one in read_lines(house.folder / "ppg.jsonl") if one["record"] == "taken"]
        return len(taken) >= count

    await until(enough)
    return sorted(taken, key=lambda one: str(one["to"]))


async def test_pushes_go_by_pap_and_end_as_the_proxy_says(house: House, channel: Any) -> None:
    client, peer, campaign_id = Client(channel), Peer(channel), new_campaign()
    rows = [(subscriber_id, write_content(OFFER)) for subscriber_id in range(1, 6)]
    await client.submit(request(campaign_id, arrow_ipc=push_rows(rows), channel=message_pb2.CHANNEL_WAP_PUSH))
    taken = await sent(house, 5)
    for number, one in enumerate(taken):
        answer = await peer.tell(
            result_of(one["push_id"], one["to"], PushState.EXPIRED if number == 4 else PushState.DELIVERED)
        )
        assert answer.status == 202
        assert b'code="1000"' in answer.body
    progress = await client.until_ended(campaign_id, 5)
    assert (progress.delivered, progress.failed) == (4, 1)
    assert await house.ended(campaign_id) == ([1, 2, 3, 4], {5: "EXPIRED"})
    # The proxy's own message id is what the part is known by.
    rows_kept = await house.fetch("SELECT smsc_id FROM message_part ORDER BY message_id")
    assert sorted(row["smsc_id"] for row in rows_kept) == sorted(one["push_id"] for one in taken)


async def test_a_busy_proxy_is_asked_again_and_a_lost_answer_sends_nothing_twice(house: House, channel: Any) -> None:
    client, peer, campaign_id = Client(channel), Peer(channel), new_campaign()
    rows = [(subscriber_id, write_content(OFFER)) for subscriber_id in (6, 7, 8)]
    await client.submit(request(campaign_id, arrow_ipc=push_rows(rows), channel=message_pb2.CHANNEL_WAP_PUSH))

    # 6 is refused for good, 7 is answered nothing the first time, 8 is told to come again.
    async def all_answered() -> bool:
        return (await client.progress(campaign_id)).sent == 2

    await until(all_answered)
    taken = await sent(house, 2)
    assert [one["to"][-2:] for one in taken] == ["07", "08"]
    for one in taken:
        await peer.tell(result_of(one["push_id"], one["to"]))
    await client.until_ended(campaign_id, 3)
    assert await house.ended(campaign_id) == ([7, 8], {6: "PAP_2002"})


async def test_a_result_told_twice_or_before_its_answer_ends_a_push_once(house: House, channel: Any) -> None:
    client, peer, campaign_id = Client(channel), Peer(channel), new_campaign()
    # The first message of this database: its push-id can be known before it is sent.
    early = make_push_id(1, domain="carillon", key=PASSWORD.encode())
    [row] = [(1, write_content(OFFER))]
    await peer.tell(result_of(early, "+8613800000001"))
    await client.submit(request(campaign_id, arrow_ipc=push_rows([row]), channel=message_pb2.CHANNEL_WAP_PUSH))
    [one] = await sent(house, 1)
    for _ in range(2):
        answer = await peer.tell(result_of(one["push_id"], one["to"]))
        assert (answer.status, answer.proven) == (202, True)
    await client.until_ended(campaign_id, 1)
    assert await house.ended(campaign_id) == ([1], {})


async def test_a_result_that_nobody_signed_ends_nothing(house: House, channel: Any) -> None:
    peer = Peer(channel)
    forged = make_push_id(1, domain="carillon", key=b"another key")
    for push_id in (forged, "1@carillon", "x"):
        with pytest.raises(PermissionRefused) as refused:
            await peer.tell(result_of(push_id, "+8613800138000"))
        assert refused.value.reason == "PUSH_NOT_OURS"
    assert not is_ours(forged, key=PASSWORD.encode())
    assert await house.fetch("SELECT 1 FROM orphan_receipt") == []
    bad = await peer.tell(b"<pap/>")
    assert (bad.status, read_answer(bad.body).code, bad.proven) == (202, 2000, False)


async def test_a_killed_service_loses_no_push_and_sends_none_twice(
    house: House, proxy: ProxyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marketing too is sent again, since the proxy knows a push by its push-id."""
    monkeypatch.setenv(VARIABLE, PASSWORD)
    lines = line_file(house.folder, proxy, window=20, rate_per_second=400, timeout_seconds=5.0)
    service = house.process(LINES=str(lines), SMSC_PORT="1", DOUBT_POLICY_MARKETING="fail", DOUBT_GRACE_SECONDS="0.5")
    campaign_id, subscribers = new_campaign(), [100 * one + 1 for one in range(1, 301)]
    try:
        await service.start()
        client = client_of(service)
        rows = [(one, write_content(OFFER)) for one in subscribers]
        await client.submit(request(campaign_id, arrow_ipc=push_rows(rows), channel=message_pb2.CHANNEL_WAP_PUSH))
        await sent(house, 100)
        await service.kill()
        assert await house.fetch("SELECT 1 FROM message WHERE state = 'sending' LIMIT 1") != []
        await service.start()
        taken = await sent(house, len(subscribers))
        peer = Peer(open_channel(service.address))
        for first in range(0, len(taken), 20):
            told = taken[first : first + 20]
            await asyncio.gather(*(peer.tell(result_of(one["push_id"], one["to"])) for one in told))
        await client.until_ended(campaign_id, len(subscribers))
    finally:
        await service.stop()
    assert await house.ended(campaign_id) == (subscribers, {})
    assert len({one["push_id"] for one in taken}) == len(taken) == len(subscribers)


@pytest.mark.parametrize(("line", "protocol"), [("nobody", "pap"), ("ppg", "mm7")])
async def test_a_line_that_there_is_not_takes_nothing(channel: Any, line: str, protocol: str) -> None:
    with pytest.raises(NotFound) as refused:
        await Peer(channel).tell(b"", line=line, protocol=protocol)
    assert refused.value.reason == "LINE_UNKNOWN"
