"""Requests of lines' peers through HTTP: octets pass as they are, with what proves whose they are and nothing else."""

import pytest

from carillon_gateway.testing.harness import Gateway

PATHS = {"pap": ("/api/v1/channel/pap", 202), "mm7": ("/api/v1/channel/mm7", 200)}
MARKET = "/api/v1/channel/mobile-market"


@pytest.mark.parametrize("protocol", PATHS)
async def test_octets_pass_as_they_are_and_the_answer_comes_back(gateway: Gateway, protocol: str) -> None:
    path, status = PATHS[protocol]
    body = b"--b\r\n\r\n\x00\xff\r\n--b--"
    headers = {"content-type": "multipart/related; boundary=b", "authorization": "Basic dTpw", "cookie": "a=b"}
    response = await gateway.http.post(f"{path}?line=peer", content=body, headers=headers)
    assert (response.status_code, response.content, response.headers["content-type"]) == (
        status,
        body,
        "text/xml; charset=utf-8",
    )
    [taken] = gateway.stand_ins.callbacks.taken
    assert (taken.protocol, taken.line, taken.body) == (protocol, "peer", body)
    assert (taken.content_type, dict(taken.headers)) == (headers["content-type"], {"authorization": "Basic dTpw"})


async def test_the_store_s_signature_and_key_pass_on(gateway: Gateway) -> None:
    proof = {"x-carillon-timestamp": "1", "x-carillon-signature": "ab", "idempotency-key": "k1"}
    response = await gateway.http.post(f"{MARKET}?line=peer", json={"a": 1}, headers=proof)
    assert response.status_code == 202
    assert dict(gateway.stand_ins.callbacks.taken[0].headers) == proof


async def test_a_line_that_there_is_not_is_a_problem(gateway: Gateway) -> None:
    response = await gateway.http.post(f"{MARKET}?line=nobody", content=b"")
    assert (response.status_code, response.json()["reason"]) == (404, "LINE_UNKNOWN")


@pytest.mark.parametrize("query", ["", "?line=", "?line=../x", "?line=" + "x" * 40])
async def test_a_line_is_named_as_lines_are(gateway: Gateway, query: str) -> None:
    assert (await gateway.http.post(f"{MARKET}{query}", content=b"")).status_code == 422


async def test_a_body_or_a_header_too_large_is_refused(gateway: Gateway) -> None:
    for body, headers in ((b"x" * (1024 * 1024 + 1), {}), (b"", {"authorization": "Basic " + "x" * 2000})):
        response = await gateway.http.post(f"{MARKET}?line=peer", content=body, headers=headers)
        assert (response.status_code, response.json()["reason"]) == (429, "CALLBACK_TOO_LARGE")
    assert gateway.stand_ins.callbacks.taken == []
