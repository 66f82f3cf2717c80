"""A mobile_market message as a signed job, its end, and what people do in the app store as events (CHN-13)."""

import json
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from carillon.channel.v1 import callback_pb2, callback_pb2_grpc, message_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, PermissionRefused
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.market.signatures import EVENT, KEY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from svc_channel.main import build
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.line_journal import read_lines
from svc_channel.simulators.market.store import Fault, StoreServer, StoreSettings

from .house import Client, House, new_campaign, request, until
from .http_servers import serving_thread
from .pushes import push_rows
from .segment import number_of

SECRET = "market-of-one-run"
VARIABLE = "CARILLON_TEST_MARKET_SECRET"
FAULTS = (
    ("06", Fault.REFUSE),
    ("07", Fault.SILENT),
    ("08", Fault.BUSY),
    ("09", Fault.FAIL),
    ("10", Fault.FOLLOW),
    ("11", Fault.TWICE),
)


class Inbox(ThreadingHTTPServer):
    """Where the store posts its events; what comes is kept for the test to hand on."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), InboxHandler)
        self.events: list[tuple[dict[str, str], bytes]] = []


class InboxHandler(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        headers = {name: self.headers[name] for name in (KEY_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)}
        self.server.events.append((headers, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's signature
        pass


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serving_thread(Inbox()) as server:
        yield server


@pytest.fixture
def store(house: House, inbox: Inbox) -> Iterator[StoreServer]:
    """A strict store with numbers of every fault."""
    settings = StoreSettings(
        line="market",
        secret=SECRET.encode(),
        event_to=f"http://127.0.0.1:{inbox.server_address[1]}/api?line=market",
        faults=FAULTS,
    )
    with serving_thread(StoreServer(("127.0.0.1", 0), settings, house.folder / "market.jsonl", now=utc_now)) as server:
        yield server
    server.close()


def line_file(folder: Path, store: StoreServer) -> Path:
    line = {
        "name": "market",
        "protocol": "market",
        "url": f"http://127.0.0.1:{store.server_address[1]}",
        "secret_variable": VARIABLE,
        "routes": ["mobile_market"],
        "window": 4,
        "timeout_seconds": 0.5,
    }
    path = folder / "lines.json"
    path.write_text(json.dumps({"lines": [line], "routes": [{"name": "mobile_market", "channels": ["mobile_market"]}]}))
    return path


@pytest.fixture
async def channel(
    house: House, store: StoreServer, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    monkeypatch.setenv(VARIABLE, SECRET)
    service = build(house.settings(lines=line_file(house.folder, store)))
    async with serving(service) as channel:
        yield channel
    await service.database.close()


class Store:
    """Calls the service as the gateway does for a store."""

    def __init__(self, channel: Any) -> None:
        self._stub = callback_pb2_grpc.CallbackServiceStub(channel)

    async def hand_on(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        asked = callback_pb2.TakeCallbackRequest(
            protocol="market", line="market", content_type="application/json", headers=headers, body=body
        )
        answer = await invoke(self._stub.TakeCallback, asked)
        assert answer.status == 202
        said: dict[str, Any] = json.loads(answer.body)
        return said

    async def tell(self, event: Any, *, key: str = "k1", **changes: str) -> dict[str, Any]:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        timestamp = changes.get("timestamp", f"{int(utc_now().timestamp())}.{key}")
        signature = sign(
            changes.get("secret", SECRET).encode(), EVENT, line="market", key=key, timestamp=timestamp, body=body
        )
        headers = {KEY_HEADER: changes.get("sent_key", key), TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature}
        return await self.hand_on(headers, body)


def deed(kind: str = "app_download", **changes: Any) -> dict[str, Any]:
    event = {"version": 1, "type": kind, "msisdn": number_of(1), "at": "2026-11-21T12:00:00Z"}
    return {**event, "attributes": {"app": "music"}, **changes}


def batch(campaign_id: str, subscribers: list[int], content: dict[str, Any]) -> Any:
    rows = push_rows([(one, json.dumps(content).encode()) for one in subscribers], text="新应用")
    return request(campaign_id, arrow_ipc=rows, channel=message_pb2.CHANNEL_MOBILE_MARKET)


SLOT = {"kind": "recommendation", "slot": "home-1", "items": ["music", "reader"]}


async def test_jobs_go_signed_and_end_as_the_store_tells(house: House, channel: Any, inbox: Inbox) -> None:
    client, store, campaign_id = Client(channel), Store(channel), new_campaign()
    await client.submit(batch(campaign_id, [1, 6, 7, 8, 9, 11], SLOT))

    # One is refused; the others' jobs are told of, number 11's twice.
    async def told() -> bool:
        return len(inbox.events) == 6

    await until(told)
    for headers, body in list(inbox.events):
        await store.hand_on(headers, body)
    await client.until_ended(campaign_id, 6)
    assert await house.ended(campaign_id) == (
        [1, 7, 8, 11],
        {6: "MARKET_NUMBER_UNKNOWN", 9: "UNDELIVERABLE"},
    )
    jobs = [one["job"] for one in read_lines(house.folder / "market.jsonl") if one["record"] == "taken"]
    # A lost answer and a busy store send nothing twice.
    assert sorted(job["msisdn"] for job in jobs) == [number_of(one) for one in (1, 7, 8, 9, 11)]
    assert (jobs[0]["kind"], jobs[0]["slot"], jobs[0]["items"], jobs[0]["text"]) == (
        "recommendation",
        "home-1",
        ["music", "reader"],
        "新应用",
    )
    assert house.segment.events == {}


async def test_what_people_do_in_the_store_becomes_events_of_theirs(house: House, channel: Any, inbox: Inbox) -> None:
    client, store, campaign_id = Client(channel), Store(channel), new_campaign()
    await client.submit(batch(campaign_id, [10], {"kind": "app_download", "items": ["music"]}))

    async def told() -> bool:
        return len(inbox.events) == 3

    await until(told)
    for headers, body in list(inbox.events):
        assert await store.hand_on(headers, body) == {"accepted": True, "replayed": False}
        assert await store.hand_on(headers, body) == {"accepted": True, "replayed": True}
    await client.until_ended(campaign_id, 1)

    async def known() -> bool:
        return sum(map(len, house.segment.events.values())) == 2

    await until(known)
    events = [event for told in house.segment.events.values() for event in told]
    assert sorted(event.type for event in events) == ["market_app_download", "market_login"]
    assert {event.msisdn for event in events} == {number_of(10)}
    assert {event.attributes["line"] for event in events} == {"market"}


async def test_an_event_is_told_on_once_though_the_answer_got_lost(house: House, channel: Any) -> None:
    house.segment.refusing_events = True
    store = Store(channel)
    for number in range(3):
        await store.tell(deed("login"), key=f"k{number}")

    async def tried() -> bool:
        return bool(house.segment.events)

    await until(tried)
    house.segment.refusing_events = False

    async def all_told() -> bool:
        return await house.fetch("SELECT 1 FROM market_event WHERE told_at IS NULL") == []

    await until(all_told)
    # Told again under the name of the first try, so that svc-segment booked each once.
    assert sum(map(len, house.segment.events.values())) == 3


REFUSED: dict[str, tuple[Any, dict[str, str], type[DomainError], str]] = {
    "another secret": (deed(), {"secret": "other"}, PermissionRefused, "MARKET_SIGNATURE"),
    "another key than was signed": (deed(), {"sent_key": "k2"}, PermissionRefused, "MARKET_SIGNATURE"),
    "a stamp of yesterday": (deed(), {"timestamp": "1700000000.1"}, PermissionRefused, "MARKET_TIMESTAMP"),
    "a stamp that is none": (deed(), {"timestamp": "now"}, PermissionRefused, "MARKET_TIMESTAMP"),
    "no key": (deed(), {"key": ""}, InvalidInput, "MARKET_KEY"),
    "no JSON": (b"{", {}, InvalidInput, "MARKET_EVENT"),
    "nested without end": (b"[" * 5000, {}, InvalidInput, "MARKET_EVENT"),
    "too long": (b" " * 17_000, {}, InvalidInput, "MARKET_EVENT"),
    "another version": (deed(version=2), {}, InvalidInput, "MARKET_EVENT"),
    "a field of nobody": (deed(x=1), {}, InvalidInput, "MARKET_EVENT"),
    "a type of nobody": (deed("eat"), {}, InvalidInput, "MARKET_TYPE"),
    "a type that is a list": (deed([]), {}, InvalidInput, "MARKET_TYPE"),  # type: ignore[arg-type]  # on purpose
    "a number of nobody": (deed(msisdn="138"), {}, InvalidInput, "MARKET_NUMBER"),
    "a moment of nowhere": (deed(at="2026-11-21T12:00:00"), {}, InvalidInput, "MARKET_MOMENT"),
    "a moment that is a number": (deed(at=1), {}, InvalidInput, "MARKET_MOMENT"),
    "attributes that are no texts": (deed(attributes={"a": 1}), {}, InvalidInput, "MARKET_ATTRIBUTES"),
    "attributes with NUL": (deed(attributes={"a": "\0"}), {}, InvalidInput, "MARKET_ATTRIBUTES"),
    "a job of nobody": (
        {"version": 1, "type": "job_ended", "msisdn": number_of(1), "at": "2026-11-21T12:00:00Z", "state": "shown"},
        {},
        InvalidInput,
        "MARKET_JOB",
    ),
}


async def test_what_is_not_signed_fresh_and_sound_is_kept_nowhere(house: House, channel: Any) -> None:
    store = Store(channel)
    for case, (event, changes, kind, reason) in REFUSED.items():
        with pytest.raises(kind) as refused:
            await store.tell(event, **changes)
        assert refused.value.reason == reason, case
    assert await house.fetch("SELECT 1 FROM market_event") == []


async def test_a_key_stands_for_one_event(channel: Any) -> None:
    store = Store(channel)
    assert not (await store.tell(deed()))["replayed"]
    assert (await store.tell(deed()))["replayed"]
    with pytest.raises(Conflict) as refused:
        await store.tell(deed("login"))
    assert refused.value.reason == "MARKET_KEY_CONFLICT"


async def test_what_no_store_can_show_ends_with_its_reason(house: House, channel: Any) -> None:
    client, campaign_id = Client(channel), new_campaign()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kind": "telex"}, "MARKET_CONTENT"),
        ({"kind": "recommendation", "items": ["a"]}, "MARKET_SLOT"),
        ({"kind": "app_download"}, "MARKET_ITEMS"),
        ({"kind": "client_download", "items": ["a"]}, "MARKET_ITEMS"),
        ({"kind": "content_order", "items": ["x" * 65]}, "MARKET_NAME"),
    ]
    for number, (content, _) in enumerate(wrong, start=1):
        one = batch(campaign_id, [number], content)
        one.batch = number
        await client.submit(one)
    await client.until_ended(campaign_id, len(wrong))
    _, failed = await house.ended(campaign_id)
    assert failed == {number: reason for number, (_, reason) in enumerate(wrong, start=1)}
