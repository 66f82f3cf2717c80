"""What the systems behind lines tell, through HTTP to the services as they are: an app store's events, an MMSC's messages."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from carillon_chassis.testing.plugin import MakeDatabase
from svc_channel.domain.market.signatures import EVENT, sign
from svc_channel.domain.mm7.envelope import Release, read_envelope
from svc_channel.domain.mm7.reports import SubscriberMessage, write_subscriber_message
from svc_channel.domain.mm7.submissions import mm7_type_of, read_answer
from svc_channel.domain.mms.content import slide_show
from svc_channel.domain.mms.resources import Rendition

from .house import House, open_house, until

NUMBER = "+8613800138001"
SECRET = "callbacks-of-one-run"
VARIABLE = "CARILLON_TEST_CALLBACK_SECRET"
# Nobody listens there: nothing is sent in these tests.
NOWHERE = "http://127.0.0.1:1"
LINES = {
    "routes": [
        {"name": "mms", "channels": ["mms"]},
        {"name": "mobile_market", "channels": ["mobile_market"]},
    ],
    "lines": [
        {
            "name": "mmsc",
            "protocol": "mm7",
            "url": f"{NOWHERE}/mm7",
            "user": "carillon",
            "password_variable": VARIABLE,
            "vasp_id": "carillon",
            "vas_id": "tones",
            "routes": ["mms"],
        },
        {
            "name": "store",
            "protocol": "market",
            "url": NOWHERE,
            "secret_variable": VARIABLE,
            "routes": ["mobile_market"],
        },
    ],
}


@pytest.fixture
async def peopled(make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[House]:
    """All services, with an MMSC and a store among their lines, and one subscriber."""
    path = tmp_path / "lines.json"
    path.write_text(json.dumps(LINES))
    monkeypatch.setenv("CARILLON_CHANNEL_LINES", str(path))
    monkeypatch.setenv(VARIABLE, SECRET)
    async with open_house(make_database) as house:
        await house.load(
            ["msisdn,age", f"{NUMBER},30"], dictionary='{"age": {"type": "integer", "description": "Years"}}'
        )
        yield house


async def tell(http: httpx.AsyncClient, *, kind: str, key: str, secret: str = SECRET) -> httpx.Response:
    now = datetime.now(UTC)
    event = {"version": 1, "type": kind, "msisdn": NUMBER, "at": now.isoformat(), "attributes": {"app": "music"}}
    body, timestamp = json.dumps(event).encode(), f"{int(now.timestamp())}.{key}"
    signature = sign(secret.encode(), EVENT, line="store", key=key, timestamp=timestamp, body=body)
    headers = {"idempotency-key": key, "x-carillon-timestamp": timestamp, "x-carillon-signature": signature}
    return await http.post("/api/v1/channel/mobile-market?line=store", content=body, headers=headers)


async def test_what_somebody_does_in_the_app_store_shows_in_the_segments(peopled: House) -> None:
    """CHN-13: client download, login, application download and content order are events that segments follow."""
    http = await peopled.as_role("portal")
    downloaders = await peopled.segment("downloaders", "count_events('market_app_download', 30) = 1")
    for kind, key in (("login", "1"), ("app_download", "2")):
        answer = await tell(http, kind=kind, key=key)
        assert (answer.status_code, answer.json()) == (202, {"accepted": True, "replayed": False})
    # The same key with another moment in it is another event.
    assert (await tell(http, kind="app_download", key="2")).status_code == 409

    async def joined() -> bool:
        seen = (await http.get(f"/api/v1/subscribers/{NUMBER}")).json()
        return bool(seen["segments"] == [downloaders])

    await until(joined)


async def test_who_cannot_sign_tells_nothing(peopled: House) -> None:
    http = await peopled.as_role("portal")
    refused = await tell(http, kind="login", key="1", secret="another")
    assert (refused.status_code, refused.json()["reason"]) == (403, "MARKET_SIGNATURE")
    assert await peopled.value("channel", "SELECT count(*) FROM market_event") == 0


async def test_a_subscribers_multimedia_message_becomes_an_inbound_one(peopled: House) -> None:
    """CHN-14: an MMSC hands it in by MM7; who wrote it is found out as for an SMS."""
    http = await peopled.as_role("portal")
    picture = Rendition(resource="r", slot=1, media_type="image/gif", octets=b"GIF89a")
    message = SubscriberMessage(
        transaction="mo-1", sender=NUMBER, recipient="10086", text="vote", at=datetime.now(UTC).replace(microsecond=0)
    )
    body = write_subscriber_message(message, Release(), slide_show([picture], text="歌手一"))
    headers = {"content-type": mm7_type_of(body), "authorization": httpx.BasicAuth("carillon", SECRET)._auth_header}
    answer = await http.post("/api/v1/channel/mm7?line=mmsc", content=body, headers=headers)
    assert answer.status_code == 200
    envelope = read_envelope(answer.headers["content-type"], answer.content)
    assert (envelope.kind, read_answer(envelope).code) == ("DeliverRsp", 1000)

    async def resolved() -> bool:
        query = "SELECT count(*) FROM inbound WHERE state = 'resolved' AND text = $1"
        return bool(await peopled.value("channel", query, "vote\n歌手一"))

    await until(resolved)
