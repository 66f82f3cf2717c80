"""USSD pushes over an HTTP gateway: shown once, answered over HTTP, and failures that fall to an SMS (CHN-12)."""

import base64
import http.client
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carillon.channel.v1 import session_pb2, session_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.adapters.line import Outgoing, PartRefused
from svc_channel.adapters.ussd_exchange import UssdExchange
from svc_channel.domain.channel import Channel, MessageClass
from svc_channel.domain.fallback import Alternative, write_fallback
from svc_channel.domain.message import PartState
from svc_channel.domain.smpp.ussd import ASKS
from svc_channel.domain.submission import Answer
from svc_channel.main import build
from svc_channel.simulators.line_journal import read_lines
from svc_channel.simulators.ussd.gateway import Fault, GatewayServer
from svc_channel.store.singles import Single, book_singles

from .house import House, until
from .http_servers import serving_thread
from .processes import SYSTEM_ID
from .segment import number_of

PASSWORD = "ussd-of-one-run"
VARIABLE = "CARILLON_TEST_USSD_PASSWORD"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "state", "reason", "x"]), inner, max_size=4)
    ),
)
FAULTS = (("06", Fault.ABSENT), ("07", Fault.BUSY), ("08", Fault.SILENT))
OPERATOR = Identity(subject="ops", roles=frozenset({"branch_operator"}), branch="foshan")
PUSH = {"id": "ussd-1", "msisdn": "+8613800000001", "sender": "10086", "text": "Welcome", "asks": True}


@pytest.fixture
def gateway(house: House) -> Iterator[GatewayServer]:
    """A strict gateway with numbers of every fault."""
    journal = house.folder / "ussd.jsonl"
    server = GatewayServer(("127.0.0.1", 0), journal, user="carillon", password=PASSWORD, faults=FAULTS)
    with serving_thread(server):
        yield server
    server.close()


def line_file(house: House, gateway: GatewayServer) -> Path:
    """An SMSC for texts, the gateway for screens."""
    smsc = {
        "name": "smsc",
        "protocol": "smpp",
        "host": "127.0.0.1",
        "port": house.smsc.port,
        "system_id": SYSTEM_ID,
        "password_variable": "CARILLON_CHANNEL_SMSC_PASSWORD",
    }
    ussd = {
        "name": "ussd",
        "protocol": "ussd_http",
        "url": f"http://127.0.0.1:{gateway.server_address[1]}",
        "user": "carillon",
        "password_variable": VARIABLE,
        "routes": ["ussd"],
        "window": 4,
        "timeout_seconds": 0.5,
    }
    path = house.folder / "lines.json"
    routes = [{"name": "sms", "channels": ["sms"]}, {"name": "ussd", "channels": ["ussd"]}]
    path.write_text(json.dumps({"lines": [smsc, ussd], "routes": routes}))
    return path


@pytest.fixture
async def channel(
    house: House, gateway: GatewayServer, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    """The service with both lines."""
    await house.smsc.start()
    monkeypatch.setenv(VARIABLE, PASSWORD)
    service = build(house.settings(lines=line_file(house, gateway)))
    async with serving(service) as running:
        yield running
    await service.database.close()


def to_octets(told: Any) -> bytes:
    """As a gateway would write it."""
    return json.dumps(told).encode()


async def states(house: House) -> list[tuple[int, str, str, str]]:
    """Whom, by which channel, how far, and why not further."""
    rows = await house.fetch(
        "SELECT subscriber_id, channel::text, state::text, reason FROM message ORDER BY subscriber_id, id"
    )
    return [tuple(row.values()) for row in rows]


async def test_a_pushed_menu_leaves_by_the_gateway_and_is_answered_over_http(
    house: House, gateway: GatewayServer, channel: Any
) -> None:
    """The opening screen goes out once, is delivered when it was shown, and its answer goes on with the session."""
    stub = session_pb2_grpc.SessionServiceStub(channel)
    push = session_pb2.PushMenuRequest(request_id="push-1", msisdn=number_of(1), code="*100*2#")
    with acting_as(OPERATOR):
        first, again = [await invoke(stub.PushMenu, push) for _ in range(2)]
    assert first == again

    async def is_delivered() -> bool:
        return await states(house) == [(1, "ussd", "delivered", "")]

    await until(is_delivered)
    [kept] = gateway.pushes.values()
    told = {name: kept["push"][name] for name in ("msisdn", "text", "asks", "sender")}
    assert told == {"msisdn": number_of(1), "text": first.text, "asks": True, "sender": "10086"}
    turn = session_pb2.TakeTurnRequest(
        request_id="77:1",
        channel="ussd",
        msisdn=number_of(1),
        session="77",
        kind=session_pb2.TURN_KIND_INPUT,
        text="6",
    )
    with acting_as(Identity(subject="gateway", roles=frozenset({"portal"}))):
        answer = await invoke(stub.TakeTurn, turn)
    assert (answer.session_id, answer.text[:16]) == (first.session_id, "Choose by number")


async def test_an_absent_phone_is_sent_the_sms_and_busy_and_silent_gateways_are_asked_again(
    house: House, gateway: GatewayServer, channel: Any
) -> None:
    """USSD, then SMS; the same id again shows nothing twice."""
    chain = write_fallback([Alternative(channel="sms", text="by text", parts=1, route="sms")])

    def screen(subscriber_id: int) -> Single:
        return Single(
            subscriber_id=subscriber_id,
            msisdn=number_of(subscriber_id),
            sender="10086",
            text="a notice",
            parts=1,
            channel=Channel.USSD,
            message_class=MessageClass.SERVICE,
            route="ussd",
            fallback=chain,
        )

    async with house.database.unit_of_work() as unit:
        [now] = (await unit.driver.fetch("SELECT now() AS now"))[0].values()
        await book_singles(unit, [screen(one) for one in (6, 7, 8)], now=now)

    async def all_there() -> bool:
        return await states(house) == [
            (6, "sms", "delivered", ""),
            (7, "ussd", "delivered", ""),
            (8, "ussd", "delivered", ""),
        ]

    await until(all_there)
    [failed] = await house.fetch("SELECT channel, reason FROM failed_step")
    assert failed == {"channel": "ussd", "reason": "USSD_ABSENT"}
    journal = [line["state"] for line in read_lines(house.folder / "ussd.jsonl")]
    assert sorted(journal) == ["failed", "shown", "shown"]


def exchange() -> UssdExchange:
    """One line's way of speaking."""
    return UssdExchange(line="ussd", url="http://gateway.test", user="carillon", password=PASSWORD)


async def test_a_push_says_whether_it_asks_and_is_no_longer_than_a_screen() -> None:
    fields: dict[str, Any] = {"reference": 9, "source": "10086", "destination": "8613800000001"}
    [part] = exchange().cut(Outgoing(text="中奖了", channel="ussd", content=ASKS, **fields))
    request = await exchange().request(part)
    assert json.loads(request.content) == PUSH | {"id": "ussd-9", "text": "中奖了"}
    assert PASSWORD not in f"{request.url}{request.content!r}"
    for channel, text in (("sms", "x"), ("ussd", "长" * 92)):
        with pytest.raises(PartRefused):
            exchange().cut(Outgoing(channel=channel, text=text, **fields))


@pytest.mark.parametrize(
    ("status", "body", "answer", "state", "reason"),
    [
        (200, {"id": "ussd-1", "state": "shown", "reason": ""}, Answer.ACCEPTED, PartState.DELIVERED, ""),
        (200, {"id": "ussd-1", "state": "failed", "reason": "ABSENT"}, Answer.REFUSED, None, "USSD_ABSENT"),
        (200, {"id": "ussd-1", "state": "failed", "reason": "<b>"}, Answer.REFUSED, None, "USSD_FAILED"),
        (200, {"id": "ussd-2", "state": "shown"}, Answer.TRANSIENT, None, "ANSWER_UNREADABLE"),
        (200, [], Answer.TRANSIENT, None, "ANSWER_UNREADABLE"),
        (400, {"reason": "PUSH_MALFORMED"}, Answer.REFUSED, None, "USSD_PUSH_MALFORMED"),
        (409, "no", Answer.REFUSED, None, "HTTP_409"),
        (503, {}, Answer.THROTTLED, None, "HTTP_503"),
        (500, {}, Answer.TRANSIENT, None, "HTTP_500"),
    ],
)
def test_an_answer_of_the_gateway_is_read_for_what_it_says(
    status: int, body: Any, answer: Answer, state: PartState | None, reason: str
) -> None:
    fields: dict[str, Any] = {"reference": 1, "source": "10086", "destination": "8613800000001"}
    [part] = exchange().cut(Outgoing(text="Welcome", channel="ussd", content=ASKS, **fields))
    told = exchange().read(part, status, json.dumps(body).encode())
    assert (told.answer, told.state, told.reason) == (answer, state, reason)


@given(status=st.sampled_from([200, 202, 400, 409, 429, 500, 503]), body=st.binary(max_size=200) | JSON.map(to_octets))
@settings(max_examples=1_000)
def test_nothing_but_the_very_answer_to_a_push_counts_as_shown(status: int, body: bytes) -> None:
    fields: dict[str, Any] = {"reference": 1, "source": "10086", "destination": "8613800000001"}
    [part] = exchange().cut(Outgoing(text="Welcome", channel="ussd", content=ASKS, **fields))
    told = exchange().read(part, status, body)
    assert told.answer is not Answer.ACCEPTED
    assert told.state is None
    assert told.reason.replace("_", "").isalnum()


def test_the_gateway_simulator_takes_only_what_is_a_push_and_remembers_it(tmp_path: Path) -> None:
    environment = {**os.environ, "CARILLON_USSD_PASSWORD": PASSWORD}
    command = [sys.executable, "-m", "svc_channel.simulators.ussd", "--port", "0", "--journal", str(tmp_path / "j")]
    told = []
    for _ in range(2):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own module
        assert process.stdout is not None
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        told.append([ask(port, PUSH), ask(port, PUSH | {"text": "other"})])
        assert ask(port, PUSH, password="wrong")[0] == 401
        for wrong in ({"text": "长" * 92}, {"text": ""}, {"asks": 1}, {"more": 1}, {"msisdn": "138"}):
            assert ask(port, PUSH | {"id": "ussd-2"} | wrong)[0] == 400
        process.kill()
        process.wait()
    assert (
        told[0]
        == told[1]
        == [
            (200, {"id": "ussd-1", "state": "shown", "reason": ""}),
            (409, {"reason": "ANOTHER_PUSH"}),
        ]
    )
    refused = subprocess.run(  # noqa: S603 -- our own module
        [*command, "--password", "x"], env=environment, capture_output=True, timeout=30, check=False
    )
    assert refused.returncode == 2


def ask(port: int, push: dict[str, Any], *, password: str = PASSWORD) -> tuple[int, Any]:
    """One push to a simulator."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    authorization = base64.b64encode(f"carillon:{password}".encode()).decode()
    try:
        connection.request("POST", "/pushes", json.dumps(push), {"authorization": f"Basic {authorization}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
