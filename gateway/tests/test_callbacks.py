"""Requests of lines' peers through HTTP: octets pass as they are, with what proves whose they are and nothing else.

A peer that has proved itself has a budget of its own, so that its results neither wait for others nor make them wait.
"""

import pytest

from carillon_gateway.identity.buckets import Buckets
from carillon_gateway.identity.proven_peers import PEERS_LIMIT, PROVEN_SECONDS, ProvenPeers
from carillon_gateway.testing.callbacks import BROKEN, FORGED
from carillon_gateway.testing.harness import Gateway

from .conftest import MakeGateway

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


async def told(gateway: Gateway, *, line: str = "peer", forged: bool = False, body: bytes = b"<pap/>") -> int:
    """The status of one result."""
    headers = {"content-type": "application/xml", "authorization": FORGED if forged else "Basic dTpw"}
    response = await gateway.http.post(f"/api/v1/channel/pap?line={line}", content=body, headers=headers)
    return response.status_code


async def test_a_proven_peer_s_results_do_not_wait_for_the_budget_of_its_address(make_gateway: MakeGateway) -> None:
    async for gateway in make_gateway(requests_per_second=2, callbacks_per_second=1_000):
        # The first has the budget that any address has, and proves who it is.
        assert [await told(gateway) for _ in range(60)] == [202] * 60
        # Lines that there are not prove nothing; they use up what the address has, and nothing of the line's.
        assert 429 in [await told(gateway, line="nobody") for _ in range(60)]
        assert [await told(gateway) for _ in range(60)] == [202] * 60
        assert len(gateway.stand_ins.callbacks.taken) == 120


async def test_an_answer_to_a_broken_document_proves_nobody(make_gateway: MakeGateway) -> None:
    async for gateway in make_gateway(requests_per_second=2, callbacks_per_second=1_000):
        assert 429 in [await told(gateway, body=BROKEN) for _ in range(60)]


async def test_a_refused_proof_takes_the_line_s_budget_away(make_gateway: MakeGateway) -> None:
    async for gateway in make_gateway(requests_per_second=2, callbacks_per_second=1_000):
        assert await told(gateway) == 202
        assert await told(gateway, forged=True) == 403
        statuses = [await told(gateway, forged=True) for _ in range(60)]
        assert set(statuses) == {403, 429}


def peers(rate_per_second: float = 1.0, burst: float = 2.0) -> ProvenPeers:
    return ProvenPeers(Buckets(rate_per_second=rate_per_second, burst=burst))


def test_who_has_proved_nothing_has_no_budget_of_the_line_s() -> None:
    proven = peers()
    assert proven.take("a", "ppg", now_seconds=0.0) is None
    proven.note("a", "ppg", taken=True, now_seconds=0.0)
    assert proven.take("a", "ppg", now_seconds=0.0) == 0.0
    # Neither another line from there nor another address for that line.
    assert proven.take("a", "mmsc", now_seconds=0.0) is None
    assert proven.take("b", "ppg", now_seconds=0.0) is None
    proven.note("a", "ppg", taken=False, now_seconds=1.0)
    assert proven.take("a", "ppg", now_seconds=1.0) is None


def test_a_line_s_budget_is_one_and_is_refilled() -> None:
    proven = peers()
    for address in ("a", "b"):
        proven.note(address, "ppg", taken=True, now_seconds=0.0)
        assert proven.take(address, "ppg", now_seconds=0.0) == 0.0
    assert proven.take("a", "ppg", now_seconds=0.0) == 1.0
    assert proven.take("a", "ppg", now_seconds=1.0) == 0.0


def test_a_proof_grows_old_and_only_so_many_are_kept() -> None:
    proven = peers()
    proven.note("a", "ppg", taken=True, now_seconds=0.0)
    assert proven.take("a", "ppg", now_seconds=PROVEN_SECONDS) is None
    for number in range(PEERS_LIMIT):
        proven.note(f"address {number}", "ppg", taken=True, now_seconds=1.0)
    assert proven.take("a", "ppg", now_seconds=1.0) is None
