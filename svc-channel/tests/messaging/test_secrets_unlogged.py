"""What a service at its most talkative logs of its HTTP peers, right, wrong and broken: no secret and no number.

MM7 comes with HTTP Basic, app stores sign, and the out-call system is told numbers; SMPP, CMPP and PAP have tests of
their own.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from carillon.channel.v1 import callback_pb2, callback_pb2_grpc, hotline_pb2, hotline_pb2_grpc, message_pb2
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.market.store import Fault as StoreFault
from svc_channel.simulators.market.store import StoreServer, StoreSettings
from svc_channel.simulators.mmsc.center import CenterServer, CenterSettings
from svc_channel.simulators.mmsc.center import Fault as CenterFault
from svc_channel.simulators.outcall.switch import Fault as SwitchFault
from svc_channel.simulators.outcall.switch import SwitchServer

from .house import House, client_of, new_campaign, request, until
from .http_servers import serving_thread
from .processes import ServiceProcess
from .pushes import push_rows
from .segment import number_of
from .test_fallbacks import PICTURE, keep_picture

MMS, MARKET = message_pb2.CHANNEL_MMS, message_pb2.CHANNEL_MOBILE_MARKET
OFFER = b'{"kind": "client_download"}'
PASSWORD, WRONG_PASSWORD = "basic-of-one-run", "not-the-basic"
SECRET, WRONG_SECRET = "signed-in-one-run", "not-the-signed"
HIDDEN = (PASSWORD, WRONG_PASSWORD, SECRET, WRONG_SECRET)
# Of each peer the first subscribers are served, then those of a line with a wrong secret, then those of a broken one.
SERVED, REFUSED, BROKEN = (1, 2, 3, 4), 21, 31
PORTAL = Identity(subject="portal-1", roles=frozenset({"portal"}))


class Parrot(BaseHTTPRequestHandler):
    """A broken peer: whatever it is asked it answers with the request's own headers, secrets and all."""

    def do_POST(self) -> None:
        asked = str(self.headers).encode()
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(asked)))
        self.end_headers()
        self.wfile.write(asked)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's signature
        pass


class Peers:
    """Where everything listens."""

    def __init__(self, folder: Path) -> None:
        faults = (("02", CenterFault.REFUSE), ("03", CenterFault.SILENT), ("04", CenterFault.BUSY))
        center = CenterSettings(user="carillon", password=PASSWORD, faults=faults)
        shop = (("02", StoreFault.REFUSE), ("03", StoreFault.SILENT), ("04", StoreFault.BUSY))
        store = StoreSettings(line="market", secret=SECRET.encode(), event_to="", faults=shop)
        calls = (("02", SwitchFault.REFUSE), ("03", SwitchFault.LOST), ("04", SwitchFault.BUSY))
        here = ("127.0.0.1", 0)
        self.center = CenterServer(here, center, folder / "mmsc.jsonl", now=utc_now)
        self.store = StoreServer(here, store, folder / "market.jsonl", now=utc_now)
        self.switch = SwitchServer(here, folder / "calls.jsonl", faults=calls)
        self.parrot = ThreadingHTTPServer(here, Parrot)

    def lines(self, folder: Path) -> Path:
        """Six lines: of both protocols one that is served, one that is refused, and one whose peer is broken."""
        lines, routes = [], []
        for kind, peer, options in (
            ("mms", self.center, {"protocol": "mm7", "user": "carillon", "vasp_id": "carillon", "vas_id": "tones"}),
            ("mobile_market", self.store, {"protocol": "market"}),
        ):
            variable = "password_variable" if kind == "mms" else "secret_variable"
            for name, server, secret, prefix in (
                ("", peer, "RIGHT", "+861380000000"),
                ("-refused", peer, "WRONG", "+861380000002"),
                ("-broken", self.parrot, "RIGHT", "+861380000003"),
            ):
                line = f"{options['protocol']}{name}"
                path = "/mm7" if kind == "mms" and server is peer else ""
                url = f"http://127.0.0.1:{server.server_address[1]}{path}"
                lines.append({**options, "name": line, "url": url, variable: f"CARILLON_TEST_{kind.upper()}_{secret}",
                              "routes": [line], "timeout_seconds": 0.5})  # fmt: skip
                routes.append({"name": line, "channels": [kind], "prefixes": [prefix]})
        file = folder / "lines.json"
        file.write_text(json.dumps({"lines": lines, "routes": routes}))
        return file


@pytest.fixture
def peers(house: House) -> Iterator[Peers]:
    peers = Peers(house.folder)
    with (
        serving_thread(peers.center),
        serving_thread(peers.store),
        serving_thread(peers.switch),
        serving_thread(peers.parrot),
    ):
        yield peers
    for server in (peers.center, peers.store, peers.switch):
        server.close()


async def settled(house: House, subscriber_ids: tuple[int, ...]) -> bool:
    """Whether the messages to these have come as far as they will."""
    query = "SELECT count(*) AS open FROM message WHERE subscriber_id = ANY($1::bigint[]) AND state IN ('queued', 'sending')"
    return await house.fetch(query, list(subscriber_ids)) == [{"open": 0}]


async def call_back(address: str) -> None:
    """What peers tell with credentials that are wrong, and with ones that are right and nonsense behind them."""
    basic = [base64.b64encode(f"carillon:{one}".encode()).decode() for one in (WRONG_PASSWORD, PASSWORD)]
    channel = open_channel(address)
    stub = callback_pb2_grpc.CallbackServiceStub(channel)
    for protocol, headers in (
        ("mm7", {"authorization": f"Basic {basic[0]}"}),
        ("mm7", {"authorization": f"Basic {basic[1]}"}),
        ("market", {"x-carillon-signature": WRONG_SECRET, "x-carillon-timestamp": "1.1", "idempotency-key": SECRET}),
    ):
        asked = callback_pb2.TakeCallbackRequest(
            protocol=protocol, line=protocol, content_type="text/xml", headers=headers, body=b"<x"
        )
        if headers.get("authorization", "").endswith(basic[1]):
            assert (await invoke(stub.TakeCallback, asked)).status == 200
        else:
            with pytest.raises(PermissionRefused):
                await invoke(stub.TakeCallback, asked)
    await channel.close()


async def ask_for_calls(address: str, subscriber_ids: tuple[int, ...]) -> None:
    """Asks that these be called with a tone."""
    channel = open_channel(address)
    stub = hotline_pb2_grpc.HotlineServiceStub(channel)
    with acting_as(PORTAL):
        for one in subscriber_ids:
            asked = hotline_pb2.RequestAuditionRequest(request_id=str(uuid4()), msisdn=number_of(one), tone="600902")
            await invoke(stub.RequestAudition, asked)
    await channel.close()


@pytest.fixture
async def talkative(house: House, peers: Peers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ServiceProcess]:
    """A service that logs whatever it can, with lines to all of them."""
    for kind, right, wrong in (("MMS", PASSWORD, WRONG_PASSWORD), ("MOBILE_MARKET", SECRET, WRONG_SECRET)):
        monkeypatch.setenv(f"CARILLON_TEST_{kind}_RIGHT", right)
        monkeypatch.setenv(f"CARILLON_TEST_{kind}_WRONG", wrong)
    await keep_picture(house.database)
    service = house.process(
        LINES=str(peers.lines(house.folder)),
        SMSC_PORT="1",
        LOG_LEVEL="DEBUG",
        DOUBT_POLICY_MARKETING="fail",
        OUT_CALL_URL=f"http://127.0.0.1:{peers.switch.server_address[1]}",
    )
    service.log = house.folder / "service.log"
    await service.start()
    yield service
    await service.stop()


def read_log(service: ServiceProcess) -> str:
    """What it has said."""
    assert service.log is not None
    return service.log.read_text(errors="replace")


async def test_no_log_line_of_mm7_app_stores_and_out_calls_holds_a_secret_or_a_number(
    house: House, peers: Peers, talkative: ServiceProcess
) -> None:
    client = client_of(talkative)
    people = (*SERVED, REFUSED, BROKEN)
    for channel, content in ((MMS, PICTURE), (MARKET, OFFER)):
        rows = push_rows([(one, content) for one in people])
        await client.submit(request(new_campaign(), arrow_ipc=rows, channel=channel))
    await call_back(talkative.address)
    await ask_for_calls(talkative.address, SERVED)

    async def everything_happened() -> bool:
        refused = all(f"the line to {one}-refused is lost" in read_log(talkative) for one in ("mm7", "market"))
        return refused and len(peers.switch.calls) == len(SERVED) - 1 and await settled(house, (*SERVED, BROKEN))

    await until(everything_happened)
    await client.channel.close()
    await talkative.stop()
    said = read_log(talkative)
    # It was at its most talkative, the HTTP client's own lines included.
    assert "httpcore" in said
    basic = [base64.b64encode(f"carillon:{one}".encode()).decode() for one in HIDDEN]
    numbers = [number_of(one).removeprefix("+") for one in people]
    assert [one for one in (*HIDDEN, *basic, *numbers) if one in said] == []


def test_an_out_call_url_with_credentials_is_refused_and_not_shown(house: House) -> None:
    with pytest.raises(ValidationError) as refused:
        house.settings(out_call_url=f"http://carillon:{PASSWORD}@127.0.0.1")
    assert "out_call_url" in str(refused.value)
    assert PASSWORD not in str(refused.value)
