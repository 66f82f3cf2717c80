"""Whatever goes wrong is a problem document with a reason, and says which field and what to do."""

from collections.abc import AsyncIterator, Callable

import httpx

from carillon_gateway.testing.harness import Gateway

MakeGateway = Callable[..., AsyncIterator[Gateway]]


def check(response: httpx.Response, status: int, reason: str) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert set(body) == {"type", "title", "status", "reason", "detail", "errors"}
    assert (body["status"], body["reason"]) == (status, reason)
    assert body["detail"]
    return body


async def test_an_unknown_path_is_a_problem(gateway: Gateway) -> None:
    for path in ("/", "/api/v1/bundles", "/api/v2/orders", "/api/v1/campaigns/x/pause", "/api/v1/services/"):
        check(await gateway.http.get(path), 404, "PATH_UNKNOWN")


async def test_a_wrong_method_is_a_problem_that_names_the_right_ones(gateway: Gateway) -> None:
    response = await gateway.http.put("/api/v1/orders")
    check(response, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in response.headers["allow"]


async def test_a_body_that_is_no_json_is_refused(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    headers = {"content-type": "application/json"}
    check(await portal.post("/api/v1/orders", content=b"{", headers=headers), 400, "MALFORMED_JSON")
    check(await portal.post("/api/v1/orders", content=b"{\x80}", headers=headers), 400, "MALFORMED_BODY")
    check(await portal.post("/api/v1/orders", content=b"", headers=headers), 422, "SHAPE")


async def test_a_wrong_media_type_is_refused(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    check(await portal.post("/api/v1/orders", content=b"<order/>"), 415, "MEDIA_TYPE_UNSUPPORTED")
    headers = {"content-type": "text/csv"}
    check(await portal.post("/api/v1/events", content=b"a,b", headers=headers), 415, "MEDIA_TYPE_UNSUPPORTED")


async def test_each_field_at_fault_is_named(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    body = {"msisdn": "+8613800138000", "service": "", "amount": {"amount_fen": -1}, "source": {}, "colour": "red"}
    problem = check(await portal.post("/api/v1/orders", json=body), 422, "SHAPE")
    assert isinstance(problem["errors"], list)
    fields = {(one["field"], one["rule"]) for one in problem["errors"]}
    assert fields == {
        ("service", "string_too_short"),
        ("amount.amount_fen", "greater_than_equal"),
        ("source.touchpoint", "missing"),
        ("colour", "extra_forbidden"),
    }


async def test_text_that_no_database_stores_is_refused(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    for rule in (r'{"rule": "a = \u0000"}', r'{"rule": "a = \ud800"}'):
        headers = {"content-type": "application/json"}
        response = await operator.post("/api/v1/segments/preview", content=rule.encode(), headers=headers)
        assert response.status_code in {400, 422}
        assert response.headers["content-type"] == "application/problem+json"


async def test_a_path_that_names_nothing_possible_is_refused_by_its_field(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    problem = check(await portal.get("/api/v1/orders/17"), 422, "SHAPE")
    assert isinstance(problem["errors"], list)
    assert problem["errors"][0]["field"] == "id"


async def test_a_body_beyond_the_limit_is_refused_however_it_comes(make_gateway: MakeGateway) -> None:
    async for gateway in make_gateway(body_limit_bytes=2048):
        portal = await gateway.signed_in("portal")
        headers = {"content-type": "application/json"}
        check(await portal.post("/api/v1/orders", content=b" " * 4096, headers=headers), 413, "BODY_TOO_LARGE")

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(8):
                yield b" " * 512

        check(await portal.post("/api/v1/orders", content=chunks(), headers=headers), 413, "BODY_TOO_LARGE")


async def test_a_client_beyond_its_rate_is_told_when_to_come_back(make_gateway: MakeGateway) -> None:
    async for gateway in make_gateway(requests_per_second=3):
        portal = await gateway.signed_in("portal")
        responses = [await portal.get("/api/v1/services") for _ in range(7)]
        assert [one.status_code for one in responses[:6]] == [200] * 6
        check(responses[6], 429, "RATE_LIMITED")
        assert int(responses[6].headers["retry-after"]) >= 1


async def test_a_key_that_is_none_is_refused(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    for key in ("", "two words", "x" * 129):
        response = await portal.post("/api/v1/orders", json={}, headers={"idempotency-key": key})
        check(response, 422, "IDEMPOTENCY_KEY_INVALID")


async def test_a_service_that_is_away_is_a_503_with_retry_after(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    await gateway.stand_ins.server.stop(0)
    response = await portal.get("/api/v1/services")
    check(response, 503, "PEER_AWAY")
    assert response.headers["retry-after"] == "2"


async def test_every_answer_carries_the_security_headers_and_its_request_id(gateway: Gateway) -> None:
    given = await gateway.http.get("/healthz", headers={"x-request-id": "call-17"})
    made = await gateway.http.get("/nowhere", headers={"x-request-id": "no good\x7f"})
    assert given.headers["x-request-id"] == "call-17"
    assert len(made.headers["x-request-id"]) == 32
    for response in (given, made):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "server" not in response.headers
