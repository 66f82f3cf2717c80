"""A line over PAP against a strict proxy: what is taken, what comes again, what is in doubt, and who is not let in."""

import asyncio
import base64
import logging
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from svc_channel.adapters.http_line import HttpLine, HttpPeer, HttpSettings
from svc_channel.adapters.line import LineAnswer, LineRefused, LinkLost, Outgoing, OutgoingPart, PartRefused
from svc_channel.adapters.pap_exchange import PapExchange, PapSettings
from svc_channel.domain.pap.answers import PushState, read_notification
from svc_channel.domain.pap.push_ids import make_push_id
from svc_channel.domain.submission import Answer
from svc_channel.domain.wap.carriage import write_content
from svc_channel.domain.wap.indications import ServiceIndication
from svc_channel.domain.wap.wbxml_reader import read_wbxml
from svc_channel.simulators.line_journal import read_lines
from svc_channel.simulators.ppg.proxy import Fault, ProxyServer

from .proxies import PASSWORD, Inbox, proxy, serving

OFFER = ServiceIndication(href="http://www.example.com/tones/1?to=试听", text="试听彩铃", si_id="1@carillon")
OWN_ID = make_push_id(42, domain="carillon", key=PASSWORD.encode())
PATIENCE_SECONDS = 20.0


def peer_of(server: ProxyServer, *, window: int = 1, timeout_seconds: float = 5.0, **changes: str) -> HttpPeer[str]:
    url = f"http://127.0.0.1:{server.server_address[1]}/wappush"
    settings = {"url": url, "user": "carillon", "password": PASSWORD, **changes}
    line = HttpSettings(name="ppg", url=url, window=window, timeout_seconds=timeout_seconds)
    return HttpPeer(line, PapExchange(PapSettings(**settings)))


def message(reference: int, *, number: str = "8613800138000") -> Outgoing:
    return Outgoing(
        reference=reference,
        channel="wap_push",
        source="10086",
        destination=number,
        text="",
        content=write_content(OFFER),
    )


def part_of(peer: HttpPeer[str], reference: int, *, number: str = "8613800138000") -> OutgoingPart:
    [part] = peer.cut(message(reference, number=number))
    return part


async def answers(line: HttpLine[str], count: int) -> dict[str, LineAnswer[str]]:
    found: list[LineAnswer[str]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < count:
            found += (await line.receive()).answers
    return {answer.token: answer for answer in found}


async def until(ready: Sequence[object], count: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(ready) < count:
            await asyncio.sleep(0.02)


async def test_a_push_is_taken_compiled_and_its_result_posted_back(tmp_path: Path) -> None:
    inbox = Inbox()
    with serving(inbox), proxy(tmp_path / "journal") as server:
        peer = peer_of(server, notify_to=inbox.url)
        line = await peer.open()
        await line.submit("a", part_of(peer, 42))
        assert await answers(line, 1) == {"a": LineAnswer("a", Answer.ACCEPTED, OWN_ID)}
        await until(inbox.documents, 1)
        await line.unbind(drain_seconds=1)
    result = read_notification(inbox.documents[0])
    assert (result.push_id, result.msisdn, result.state) == (OWN_ID, "+8613800138000", PushState.DELIVERED)
    [taken] = [record for record in read_lines(tmp_path / "journal") if record["record"] == "taken"]
    assert (taken["from"], read_wbxml(bytes.fromhex(taken["wbxml"]))) == ("10086", OFFER)


async def test_a_push_sent_again_is_proved_taken_and_goes_once(tmp_path: Path) -> None:
    with proxy(tmp_path / "journal") as server:
        peer = peer_of(server)
        line = await peer.open()
        for token in ("first", "again"):
            await line.submit(token, part_of(peer, 7))
        assert {answer.answer for answer in (await answers(line, 2)).values()} == {Answer.ACCEPTED}
        await line.unbind(drain_seconds=1)
    assert len(list(read_lines(tmp_path / "journal"))) == 1


async def test_each_answer_of_the_proxy_becomes_what_it_means(tmp_path: Path) -> None:
    faults = (("1", Fault.BUSY), ("2", Fault.OVERLOADED), ("3", Fault.REFUSE))
    with proxy(tmp_path / "journal", faults=faults) as server:
        peer = peer_of(server, window=3)
        line = await peer.open()
        for digit in "123":
            await line.submit(digit, part_of(peer, int(digit), number=f"861380013800{digit}"))
        found = await answers(line, 3)
        assert {token: (answer.answer, answer.reason) for token, answer in found.items()} == {
            "1": (Answer.TRANSIENT, "PAP_3000"),
            "2": (Answer.THROTTLED, "HTTP_503"),
            "3": (Answer.REFUSED, "PAP_2002"),
        }
        await line.unbind(drain_seconds=1)


async def test_a_silent_proxy_is_asked_again_and_the_second_answer_proves_the_first(tmp_path: Path) -> None:
    with proxy(tmp_path / "journal", faults=(("7", Fault.SILENT),)) as server:
        peer = peer_of(server, timeout_seconds=0.3)
        line = await peer.open()
        await line.submit("a", part_of(peer, 1, number="8613800138007"))
        # Nothing is in doubt: the proxy knows the push-id.
        assert (await answers(line, 1))["a"].answer is Answer.TRANSIENT
        await line.submit("b", part_of(peer, 1, number="8613800138007"))
        assert (await answers(line, 1))["b"].answer is Answer.ACCEPTED
        await line.unbind(drain_seconds=1)


async def test_a_wrong_password_ends_the_line_and_bars_the_next_for_half_a_minute(tmp_path: Path) -> None:
    with proxy(tmp_path / "journal") as server:
        peer = peer_of(server, password="wrong")
        line = await peer.open()
        await line.submit("a", part_of(peer, 1))
        with pytest.raises(LinkLost) as lost:
            await answers(line, 1)
        # It was surely not taken: nothing is in doubt.
        assert (lost.value.reason, lost.value.in_doubt) == ("BARRED", ())
        with pytest.raises(LineRefused) as refused:
            await peer.open()
    assert 25 < refused.value.wait_seconds <= 30
    assert "wrong" not in str(lost.value) + repr(peer._exchange.__dict__)


async def test_no_log_line_tells_a_secret_or_a_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with proxy(tmp_path / "journal") as server, caplog.at_level(logging.DEBUG):
        peer = peer_of(server)
        line = await peer.open()
        await line.submit("a", part_of(peer, 1))
        await answers(line, 1)
        await line.unbind(drain_seconds=1)
    encoded = base64.b64encode(f"carillon:{PASSWORD}".encode()).decode()
    assert not any(secret in caplog.text for secret in (PASSWORD, encoded, "8613800138000"))
    assert "HTTP Request" not in caplog.text


async def test_an_absent_proxy_is_no_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}/wappush"
    exchange = PapExchange(PapSettings(url=url, user="u", password="p"))
    peer: HttpPeer[str] = HttpPeer(HttpSettings(name="ppg", url=url), exchange)
    with pytest.raises(LinkLost) as lost:
        await peer.open()
    assert lost.value.reason == "CONNECT_FAILED"


async def test_a_proxy_that_goes_away_ends_the_line_and_what_was_not_written_is_not_in_doubt(tmp_path: Path) -> None:
    with proxy(tmp_path / "journal") as server:
        peer = peer_of(server)
        line = await peer.open()
    await line.submit("a", part_of(peer, 1))
    with pytest.raises(LinkLost) as lost:
        await answers(line, 1)
    assert (lost.value.reason, lost.value.in_doubt, line.lost) == ("CONNECTION_LOST", (), True)
    with pytest.raises(LinkLost):
        await line.submit("b", part_of(peer, 2))


async def test_closing_in_order_waits_for_answers_and_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    with proxy(tmp_path / "journal", faults=(("7", Fault.SILENT),)) as server:
        peer = peer_of(server, window=2)
        line = await peer.open()
        await line.submit("silent", part_of(peer, 1, number="8613800138007"))
        await line.submit("quick", part_of(peer, 2))
        assert await line.unbind(drain_seconds=0.5) == ()
        assert set(await answers(line, 1)) == {"quick"}


async def test_the_window_is_never_exceeded(tmp_path: Path) -> None:
    with proxy(tmp_path / "journal") as server:
        peer = peer_of(server, window=3)
        line = await peer.open()
        highest = 0
        for number in range(40):
            await line.submit(str(number), part_of(peer, number))
            highest = max(highest, line.in_flight)
        assert len(await answers(line, 40)) == 40
        assert highest == 3
        await line.unbind(drain_seconds=1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"channel": "sms", "text": "hi", "content": None}, "CHANNEL_UNSUPPORTED"),
        ({"content": b"{}"}, "PUSH_CONTENT"),
        (
            {
                "content": b'{"kind": "mms", "transaction": "1", "sender": "+10086", "size": 1, "expires_seconds": 1,'
                b' "location": "http://a.cn/1"}'
            },
            "PUSH_UNSUPPORTED",
        ),
    ],
)
async def test_what_is_no_push_is_refused_before_it_is_sent(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    with proxy(tmp_path / "journal") as server, pytest.raises(PartRefused) as refused:
        peer_of(server).cut(replace(message(1), **changes))
    assert refused.value.reason == reason
