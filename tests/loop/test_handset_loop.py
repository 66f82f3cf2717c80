"""A multimedia message from the resource library to an MMSC, by all services as they are, fitted to each handset (CHN-14)."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from carillon_chassis.testing.plugin import MakeDatabase
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.line_journal import read_lines
from svc_channel.simulators.mmsc.center import CenterServer, CenterSettings

from .house import House, open_house, until

PASSWORD = "pictures-of-one-run"
VARIABLE = "CARILLON_TEST_PICTURE_PASSWORD"
# A handset that takes much, one that takes little, one of which nothing is known, and one without multimedia messages.
LARGE, SMALL, UNKNOWN, PLAIN = (f"+861380013800{digit}" for digit in "1234")
ROWS = [
    "msisdn,supports_mms,supports_gprs,mms_octets",
    f"{LARGE},true,true,307200",
    f"{SMALL},true,true,30720",
    f"{UNKNOWN},,,",
    f"{PLAIN},false,false,",
]
TYPES = {"supports_mms": "boolean", "supports_gprs": "boolean", "mms_octets": "integer"}
DICTIONARY = {name: {"type": kind, "description": "Terminal data"} for name, kind in TYPES.items()}
# What the line takes a handset for of which nobody knows anything.
LINE_OCTETS = 60 * 1024
PICTURES = (20 * 1024, 50 * 1024, 200 * 1024)


@pytest.fixture
def center(tmp_path: Path) -> Iterator[CenterServer]:
    """An MMSC."""
    settings = CenterSettings(user="carillon", password=PASSWORD)
    server = CenterServer(("127.0.0.1", 0), settings, tmp_path / "mmsc.jsonl", now=utc_now)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()
    server.close()


@pytest.fixture
async def peopled(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, center: CenterServer
) -> AsyncIterator[House]:
    """All services, with the MMSC among their lines, and four subscribers."""
    line = {
        "name": "mmsc",
        "protocol": "mm7",
        "url": f"http://127.0.0.1:{center.server_address[1]}/mm7",
        "user": "carillon",
        "password_variable": VARIABLE,
        "vasp_id": "carillon",
        "vas_id": "tones",
        "handset_octets": LINE_OCTETS,
        "routes": ["mms"],
    }
    path = tmp_path / "lines.json"
    path.write_text(json.dumps({"routes": [{"name": "mms", "channels": ["mms"]}], "lines": [line]}))
    monkeypatch.setenv("CARILLON_CHANNEL_LINES", str(path))
    monkeypatch.setenv(VARIABLE, PASSWORD)
    async with open_house(make_database) as house:
        await house.load(ROWS, dictionary=json.dumps(DICTIONARY))
        yield house


async def send(http: httpx.AsyncClient, number: str, *, resource: str = "tones") -> httpx.Response:
    """An MMS, and the SMS that follows where the handset can't show it."""
    body: dict[str, Any] = {
        "to": number,
        "channel": "mms",
        "content": {"data": {"resource": resource, "subject": "彩铃"}},
        "fallback": [{"channel": "sms", "content": "彩铃新歌"}],
    }
    return await http.post("/api/v1/messages", json=body)


async def test_each_subscriber_is_shown_what_the_own_handset_takes(peopled: House, tmp_path: Path) -> None:
    http = await peopled.as_role("branch_operator")
    for size in PICTURES:
        octets = b"GIF89a".ljust(size, b"\0")
        added = await http.post(
            "/api/v1/resources/tones/slots/1", content=octets, headers={"content-type": "image/gif"}
        )
        assert added.status_code == 201
    sent = {number: (await send(http, number)).json() for number in (LARGE, SMALL, UNKNOWN, PLAIN)}
    assert {number: one["channel"] for number, one in sent.items()} == {
        LARGE: "mms", SMALL: "mms", UNKNOWN: "mms", PLAIN: "sms",
    }  # fmt: skip
    assert [one["reason"] for one in sent[PLAIN]["failed_steps"]] == ["HANDSET_INCAPABLE"]

    async def shown() -> dict[str, Any] | None:
        taken = {one["to"]: one["slides"] for one in read_lines(tmp_path / "mmsc.jsonl") if one["record"] == "taken"}
        return taken if len(taken) == 3 else None

    slides = await until(shown)
    small, middle, large = ([["image/gif", size]] for size in PICTURES)
    assert slides == {LARGE: large, SMALL: small, UNKNOWN: middle}


async def test_a_message_that_shows_what_the_library_has_not_is_refused_at_its_place(peopled: House) -> None:
    http = await peopled.as_role("branch_operator")
    refused = await send(http, LARGE, resource="nothing")
    assert (refused.status_code, refused.json()["reason"]) == (422, "RESOURCE_UNKNOWN")
    assert refused.json()["errors"][0]["field"] == "content"
    assert await peopled.value("channel", "SELECT count(*) FROM message") == 0
