"""Draws through HTTP, over real gRPC; the services behind are stand-ins, but for the proof's way to the verifier."""

import hashlib

import httpx
import pytest

from carillon_gateway.testing.draws import PROOF_END, PROOF_PIECES
from carillon_gateway.testing.harness import Gateway

SEED, OTHER_SEED = "ab" * 32, "cd" * 32
COMMITMENT = hashlib.sha256(bytes.fromhex(SEED)).hexdigest()
UNKNOWN = "/api/v1/draws/0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
MSISDN = "+8613800138000"


def plan_body(**overrides: object) -> dict[str, object]:
    body: dict[str, object] = {
        "name": "Stars of November",
        "campaign_id": "stars",
        "prizes": [
            {"code": "phone", "name": "手机", "stock": 1},
            {"code": "seeds", "name": "Seeds", "stock": 4, "weight": 9, "points": {"currency": "seeds", "amount": 50}},
        ],
        "eligibility": {"service": "crbt", "draw_month": "2026-11"},
        "closes_at": "2026-11-21T08:00:00+08:00",
        "reveal_by": "2026-11-23T00:00:00Z",
    }
    return body | overrides


@pytest.fixture
async def operator(gateway: Gateway) -> httpx.AsyncClient:
    return await gateway.signed_in("branch_operator")


@pytest.fixture
async def draw(operator: httpx.AsyncClient) -> str:
    """The path of an open draw."""
    made = await operator.post("/api/v1/draws", json=plan_body())
    assert made.status_code == 201
    path = made.headers["location"]
    assert (await operator.post(f"{path}/open", json={"commitment": COMMITMENT})).status_code == 200
    return str(path)


async def test_a_draw_is_made_and_goes_through_its_states(gateway: Gateway, operator: httpx.AsyncClient) -> None:
    price = {"currency": "seeds", "amount": 4}
    made = (await operator.post("/api/v1/draws", json=plan_body(ticket_price=price))).json()
    assert made["plan"]["ticket_price"] == price
    assert (made["state"], made["plan"]["closes_at"]) == ("draft", "2026-11-21T00:00:00Z")
    assert made["plan"]["prizes"][1]["points"] == {"currency": "seeds", "amount": 50}
    assert [made[name] for name in ("commitment", "root", "entrants", "second_seed", "void_reason")] == [None] * 5
    path = f"/api/v1/draws/{made['id']}"
    notary = await gateway.signed_in("partner")
    steps = [
        await operator.post(f"{path}/open", json={"commitment": COMMITMENT.upper()}),
        await operator.post(f"{path}/freeze"),
        await notary.post(f"{path}/contribute", json={"seed": OTHER_SEED}),
        await operator.post(f"{path}/reveal", json={"seed": SEED}),
    ]
    assert [step.json()["state"] for step in steps] == ["open", "frozen", "seeded", "drawn"]
    assert steps[-1].json()["winners"] == 2
    seen = (await (await gateway.signed_in("affiliate")).get(path)).json()
    assert (seen["commitment"], seen["first_seed"], seen["second_seed"]) == (COMMITMENT, SEED, OTHER_SEED)
    assert (seen["entrants"], seen["tickets"], seen["root"]) == (2, 3, "72" * 32)


async def test_entries_come_by_number_and_unknown_ones_are_told(
    gateway: Gateway, operator: httpx.AsyncClient, draw: str
) -> None:
    entries = [
        {"msisdn": "13800138000", "source_key": "code:A"},
        {"msisdn": "+8613999999999", "source_key": "code:B"},
        {"msisdn": MSISDN, "source_key": "code:C"},
    ]
    answer = await operator.post(f"{draw}/entries", json={"entries": entries, "subscribed_month": "2026-10"})
    assert answer.json() == {"added": 2, "standing": 0, "unknown": [1]}
    (sent,) = gateway.stand_ins.draws.entries
    assert [entry.source_key for entry in sent.entries] == ["code:A", "code:C"]
    assert (sent.entries[0].subscriber_id, sent.subscribed_month) == (sent.entries[1].subscriber_id, "2026-10")
    none = await operator.post(f"{draw}/entries", json={"entries": entries[1:2]})
    assert none.json() == {"added": 0, "standing": 0, "unknown": [0]}


@pytest.mark.parametrize(
    "entry",
    [
        {"msisdn": "not a number", "source_key": "k"},
        {"msisdn": MSISDN, "source_key": "a b"},
        {"msisdn": MSISDN, "source_key": ""},
        {"msisdn": MSISDN},
    ],
)
async def test_an_entry_that_can_not_be_is_refused(
    operator: httpx.AsyncClient, draw: str, entry: dict[str, str]
) -> None:
    answer = await operator.post(f"{draw}/entries", json={"entries": [entry]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("entries[0].")


@pytest.mark.parametrize("role", ["portal", "affiliate", "partner", "auditor", "hall_terminal", "approver"])
async def test_every_role_may_take_the_proof_as_a_file(gateway: Gateway, draw: str, role: str) -> None:
    answer = await (await gateway.signed_in(role)).get(f"{draw}/proof")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.content == b"".join(PROOF_PIECES) + PROOF_END
    assert answer.headers["content-disposition"].startswith('attachment; filename="draw-')


async def test_a_proof_that_is_not_there_is_refused_before_anything_is_sent(operator: httpx.AsyncClient) -> None:
    made = await operator.post("/api/v1/draws", json=plan_body())
    refused = await operator.get(f"{made.headers['location']}/proof")
    assert (refused.status_code, refused.json()["reason"]) == (409, "DRAW_NOT_OPEN")
    unknown = await operator.get(f"{UNKNOWN}/proof")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "DRAW_UNKNOWN")


async def test_winners_are_listed_without_the_inner_subscriber_id(operator: httpx.AsyncClient, draw: str) -> None:
    winners = (await operator.get(f"{draw}/winners")).json()["winners"]
    assert [(one["award"], one["prize"], one["payment"]) for one in winners] == [
        (1, "phone", None),
        (2, "seeds", "POSTED"),
    ]
    assert all("subscriber_id" not in one for one in winners)


async def test_a_subscriber_finds_the_own_tickets(gateway: Gateway, draw: str) -> None:
    portal = await gateway.signed_in("portal")
    part = (await portal.get(f"{draw}/entrants/{MSISDN}")).json()
    assert (part["entrant"], part["tickets"], part["token"]) == (1, 3, "0" * 32)
    assert part["wins"] == [{"award": 1, "prize": "phone", "token": "0" * 32, "payment": None}]
    assert (await portal.get(f"{draw}/entrants/+8613999999999")).status_code == 404
    assert (await portal.get(f"{draw}/entrants/nobody")).status_code == 422
    partner = await gateway.signed_in("partner")
    assert (await partner.get(f"{draw}/entrants/{MSISDN}")).status_code == 403


async def test_a_draw_is_ended_with_a_reason(gateway: Gateway, draw: str) -> None:
    approver = await gateway.signed_in("approver")
    ended = await approver.post(f"{draw}/void", json={"reason": "the phone was lost"})
    assert (ended.json()["state"], ended.json()["void_reason"]) == ("void", "the phone was lost")
    assert (await approver.post(f"{draw}/void", json={"reason": ""})).status_code == 422


@pytest.mark.parametrize(
    "overrides",
    [
        {"prizes": []},
        {"name": ""},
        {"closes_at": "yesterday"},
        {"closes_at": "2026-11-21T08:00:00"},
        {"wins_per_person": 0},
        {"eligibility": {"service": "crbt", "draw_month": "2026-13"}},
        {"prizes": [{"code": "p", "name": "p", "stock": 0}]},
        {"unknown": 1},
    ],
)
async def test_a_plan_that_can_not_be_is_refused(operator: httpx.AsyncClient, overrides: dict[str, object]) -> None:
    assert (await operator.post("/api/v1/draws", json=plan_body(**overrides))).status_code == 422


@pytest.mark.parametrize("seed", ["", "ab", "zz" * 32, "ab" * 33])
async def test_a_seed_that_is_no_32_bytes_is_refused(operator: httpx.AsyncClient, draw: str, seed: str) -> None:
    assert (await operator.post(f"{draw}/contribute", json={"seed": seed})).status_code == 422
    assert (await operator.post(f"{draw}/open", json={"commitment": seed})).status_code == 422
