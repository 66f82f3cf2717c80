"""What operators need of the edge: probes, metrics, traces, documents that work offline, the real server."""

import asyncio
import hashlib
import json
import re
from pathlib import Path

import psutil
import pytest

from carillon_gateway.http.exposition import merge_expositions
from carillon_gateway.http.numbers import mask_numbers
from carillon_gateway.testing.harness import BASE_URL, Gateway, client_id, credentials, secret
from carillon_gateway.testing.process import command, environment, serving

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


async def test_readiness_asks_all_five_services(gateway: Gateway) -> None:
    alive, ready = await gateway.http.get("/healthz"), await gateway.http.get("/readyz")
    assert alive.json() == {"status": "alive"}
    names = ("catalog", "segment", "campaign", "reward", "channel")
    assert ready.json() == {"status": "ready", "services": dict.fromkeys(names, "serving")}

    await gateway.stand_ins.server.stop(0)
    away = await gateway.http.get("/readyz")
    assert (away.status_code, away.json()["reason"]) == (503, "NOT_READY")
    assert {one["field"] for one in away.json()["errors"]} == set(names)
    assert "retry-after" in away.headers
    assert (await gateway.http.get("/healthz")).status_code == 200


async def test_metrics_tell_every_process_by_its_service(gateway: Gateway) -> None:
    await gateway.http.get("/healthz")
    response = await gateway.http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    for service in ("gateway", "catalog", "segment", "campaign", "reward", "channel"):
        assert f'service="{service}"' in response.text


def test_metrics_of_one_name_become_one_family() -> None:
    text = '# HELP calls_total Calls\n# TYPE calls_total counter\ncalls_total{method="a"} 2.0\n'
    merged = merge_expositions({"gateway": text, "reward": text})
    assert merged.count("# TYPE calls_total counter") == 1
    assert 'calls_total{method="a",service="gateway"} 2.0' in merged
    assert 'calls_total{method="a",service="reward"} 2.0' in merged


async def test_the_callers_identity_reaches_the_services(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    body = {"msisdn": "+8613800138000", "service": "crbt", "source": {"touchpoint": "portal"}}
    await portal.post("/api/v1/orders", json=body)
    await gateway.http.get("/r/Ab3dEf9h")
    seen = {method: identity for method, identity, _ in gateway.stand_ins.calls.seen}
    assert seen["PlaceOrder"].subject == client_id("portal")
    assert seen["PlaceOrder"].roles == {"portal"}
    assert seen["PlaceOrder"].branch == "guangzhou"
    assert seen["FollowLink"].subject == ""


async def test_the_document_describes_every_path_of_the_loop(gateway: Gateway) -> None:
    document = (await gateway.http.get("/openapi.json")).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    loop = """
        GET /healthz; GET /readyz; GET /metrics; POST /oauth2/token; GET /r/{token};
        GET /api/v1/services; GET /api/v1/services/{code}; POST /api/v1/orders; GET /api/v1/orders/{id};
        POST /api/v1/orders/{id}/confirm; POST /api/v1/orders/{id}/cancel; GET /api/v1/subscribers/{msisdn};
        GET /api/v1/subscribers/{msisdn}/subscriptions; DELETE /api/v1/subscribers/{msisdn}/subscriptions/{service};
        GET /api/v1/subscribers/{msisdn}/balances; POST /api/v1/events; POST /api/v1/snapshots;
        GET /api/v1/snapshots/{id}; GET /api/v1/snapshots/{id}/rejects; GET /api/v1/attributes; POST /api/v1/segments;
        GET /api/v1/segments/{id}; POST /api/v1/segments/preview; POST /api/v1/campaigns; GET /api/v1/campaigns;
        GET /api/v1/campaigns/{id}; POST /api/v1/campaigns/{id}/submit; POST /api/v1/campaigns/{id}/approve;
        POST /api/v1/campaigns/{id}/reject; POST /api/v1/campaigns/{id}/launch; GET /api/v1/campaigns/{id}/report;
        GET /api/v1/ledger/trial-balance
    """
    assert described >= {(line.split()[0], line.split()[1]) for line in loop.split(";")}
    tags = {tag["name"] for tag in document["tags"]}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["tags"]
            assert tags >= set(operation["tags"])
            assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation["operationId"])
            assert "application/problem+json" in operation["responses"]["429"]["content"]
    order = document["paths"]["/api/v1/orders"]["post"]
    assert {parameter["name"] for parameter in order["parameters"]} == {"Idempotency-Key"}
    assert set(order["responses"]) >= {"201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "503"}
    text = json.dumps(document)
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) <= set(document["components"]["schemas"])


async def test_the_documents_page_loads_nothing_from_elsewhere(gateway: Gateway) -> None:
    page = await gateway.http.get("/docs")
    assert page.status_code == 200
    assets = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(assets) == 3
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    for asset in assets:
        assert (await gateway.http.get(asset)).status_code == 200
    assert (await gateway.http.get("/docs/other.js")).json()["reason"] == "PATH_UNKNOWN"


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("/api/v1/subscribers/+8613800138000", "/api/v1/subscribers/+86138******00"),
        ("/api/v1/subscribers/13800138000/balances", "/api/v1/subscribers/138001****00/balances"),
        ("/api/v1/subscribers/%2B8613800138000", "/api/v1/subscribers/%2B861********00"),
        ("/api/v1/orders/0199d1a0-6f5e-7c3a-9b1e-123456789012", "/api/v1/orders/0199d1a0-6f5e-7c3a-9b1e-123456789012"),
    ],
)
def test_numbers_are_masked_in_paths(path: str, masked: str) -> None:
    assert mask_numbers(path) == masked


async def test_the_real_server_seeds_serves_traces_and_keeps_its_audit_log(gateway: Gateway, tmp_path: Path) -> None:
    variables = environment(gateway.database.url, gateway.stand_ins.address, tmp_path)
    rotated = [one.model_dump() for one in credentials() if one.role == "portal"]
    rotated[0]["client_secret"] = "a-new-secret-for-the-portal"
    (tmp_path / "credentials.json").write_text(json.dumps(rotated))
    code, output = await command(variables, "seed", "--file", str(tmp_path / "credentials.json"))
    assert (code, "1 of 1 clients added or changed" in output) == (0, True)
    code, output = await command(variables, "seed", "--file", str(tmp_path / "credentials.json"))
    assert "0 of 1 clients added or changed" in output

    async with serving(variables, tmp_path / "log") as running:
        http = running.http
        form = {"grant_type": "client_credentials", "client_id": client_id("portal")}
        old = await http.post("/oauth2/token", data=form | {"client_secret": secret("portal")})
        assert old.status_code == 401
        new = await http.post("/oauth2/token", data=form | {"client_secret": "a-new-secret-for-the-portal"})
        headers = {"authorization": f"Bearer {new.json()['access_token']}", "traceparent": TRACEPARENT}
        body = {"msisdn": "+8613800138000", "service": "crbt", "source": {"touchpoint": "portal"}}
        placed = await http.post("/api/v1/orders", json=body, headers=headers)
        assert placed.status_code == 201
        assert placed.headers["traceparent"].split("-")[1] == TRACE_ID
        assert "server" not in placed.headers
        await http.get("/api/v1/subscribers/+8613800138000", headers=headers)
        traces = {traceparent.split("-")[1] for _, _, traceparent in gateway.stand_ins.calls.seen}
        await http.get("/r/Ab3dEf9h")

    spans = [json.loads(line) for line in (tmp_path / "traces.jsonl").read_text().splitlines()]
    named = {span["name"]: span["context"]["trace_id"] for span in spans}
    assert named["HTTP POST place_order"] == f"0x{TRACE_ID}"
    assert traces <= {TRACE_ID, ""}
    log = (tmp_path / "log").read_text()
    assert "GET /api/v1/subscribers/+86138******00 200" in log
    assert "13800138000" not in log
    code, output = await command(variables, "verify-audit")
    assert (code, "sound: 2 entries" in output) == (0, True), output


async def test_the_real_server_refuses_a_guessable_key(gateway: Gateway, tmp_path: Path) -> None:
    variables = environment(gateway.database.url, gateway.stand_ins.address, tmp_path)
    code, output = await command(variables | {"CARILLON_GATEWAY_TOKEN_KEY": "changeme"})
    assert code != 0
    assert "CARILLON_GATEWAY_TOKEN_KEY is refused" in output
    assert BASE_URL not in output


async def test_a_large_upload_is_not_held_in_memory(gateway: Gateway, tmp_path: Path) -> None:
    variables = environment(gateway.database.url, gateway.stand_ins.address, tmp_path)
    content, times = bytes(range(256)) * 4096, 96
    with (tmp_path / "large.csv").open("wb") as large:
        for _ in range(times):
            large.write(content)
    digest = hashlib.sha256(content * times).hexdigest()
    async with serving(variables, tmp_path / "log") as running:
        headers = {"authorization": f"Bearer {await gateway.token('branch_operator')}"}
        process = psutil.Process(running.pid)
        before, peaks = process.memory_info().rss, []

        async def watch() -> None:
            while True:
                peaks.append(process.memory_info().rss)
                await asyncio.sleep(0.02)

        watching = asyncio.ensure_future(watch())
        with (tmp_path / "large.csv").open("rb") as file:
            response = await running.http.post(
                "/api/v1/snapshots", data={"as_of": "2008-03-20"}, files={"file": file}, headers=headers
            )
        watching.cancel()
    assert (response.status_code, response.json()["sha256"]) == (202, digest)
    assert max(peaks) - before < 48 * 1024 * 1024
    assert not list((tmp_path / "uploads").iterdir())
