"""The HTTP client of the command and the demo: tokens, keys, retries, problems, against a transport that plays the gateway."""

import json
from collections.abc import Callable

import httpx
import pytest

from carillon_deploy import gateway_client
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import CallRefused, GatewayClient
from carillon_deploy.runner.credentials import Credential

CREDENTIAL = Credential(role="portal", branch="", client_id="portal", client_secret="secret")
TOKEN = {"access_token": "t0ken", "expires_in": 3600, "token_type": "bearer"}
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_client, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(gateway_client, "PATIENCE_SECONDS", 0.05)


def client(answer: Handler) -> tuple[GatewayClient, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=TOKEN) if request.url.path == "/oauth2/token" else answer(request)

    http = httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(handle))
    return GatewayClient(http, CREDENTIAL), seen


async def test_one_token_serves_many_calls() -> None:
    calling, seen = client(lambda _request: httpx.Response(200, json={"ok": True}))

    for _ in range(3):
        assert await calling.get("/api/v1/services") == {"ok": True}

    assert [request.url.path for request in seen].count("/oauth2/token") == 1
    assert seen[-1].headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_passing_refusal_is_tried_again_under_the_same_key(status: int) -> None:
    answers = iter([httpx.Response(status), httpx.Response(status), httpx.Response(201, json={"id": "1"})])
    calling, seen = client(lambda _request: next(answers))

    assert await calling.post("/api/v1/orders", {"service": "x"}) == {"id": "1"}

    keys = {request.headers["Idempotency-Key"] for request in seen if request.url.path == "/api/v1/orders"}
    assert len(keys) == 1


async def test_a_refusal_that_does_not_pass_in_time_is_told() -> None:
    calling, _ = client(lambda _request: httpx.Response(503, json={"detail": "reward is away"}))

    with pytest.raises(CallRefused, match="refused with 503: reward is away"):
        await calling.get("/api/v1/services")


async def test_two_calls_have_two_keys() -> None:
    calling, seen = client(lambda _request: httpx.Response(201, json={}))

    await calling.post("/api/v1/orders", {})
    await calling.post("/api/v1/orders", {})

    assert len({request.headers["Idempotency-Key"] for request in seen[1:]}) == 2


async def test_a_lasting_refusal_is_told_with_field_and_reason_and_not_repeated() -> None:
    problem = {"title": "Invalid", "detail": "no such service", "errors": [{"field": "service", "detail": "unknown"}]}
    calling, seen = client(lambda _request: httpx.Response(404, json=problem))

    with pytest.raises(CallRefused, match="refused with 404: no such service; service: unknown") as refused:
        await calling.post("/api/v1/orders", {})

    assert refused.value.status == 404
    assert len(seen) == 2


@pytest.mark.parametrize("body", [b"<html>", json.dumps(["x"]).encode(), b""])
async def test_an_answer_that_is_no_problem_document_is_told_as_it_is(body: bytes) -> None:
    calling, _ = client(lambda _request: httpx.Response(500, content=body))

    with pytest.raises(CallRefused, match="refused with 500"):
        await calling.get("/api/v1/services")


async def test_a_gateway_that_never_answers_ends_in_a_clear_failure() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    calling, seen = client(fail)

    with pytest.raises(CommandError, match="does not answer"):
        await calling.get("/api/v1/services")

    assert [request.url.path for request in seen].count("/api/v1/services") > 1
