"""Grant rules and grants through HTTP, over real gRPC; svc-reward is a stand-in."""

import copy
import uuid
from typing import Any

import pytest

from carillon_gateway.testing.grants import REFUSED_STAFF
from carillon_gateway.testing.harness import Gateway

RULE: dict[str, Any] = {
    "name": "Credit or an e-gift, and a ticket beside it",
    "trigger": "event",
    "event_types": ["mms_sent"],
    "payee": "subscriber",
    "shape": {"kind": "tiered", "period": "month", "tiers": [{"per": 2, "shares": 1}]},
    "offer": {
        "rewards": [
            {"kind": "currency", "amount": 500, "currency": "phone_credit_fen", "worth": {"amount_fen": 500}},
            {"kind": "prize", "amount": 1, "prize": "e-gift", "worth": {"amount_fen": 500}},
        ],
        "choose_days": 7,
        "extras": [{"kind": "draw_entry", "amount": 1, "draw_id": str(uuid.UUID(int=7))}],
    },
    "valid_from": "2026-11-01T00:00:00+08:00",
    "owner_cap": 5,
    "cap_period": "day",
}
MSISDN = "+8613800138000"


async def test_a_grant_rule_is_proposed_and_approved_by_two_people_and_ended_once(gateway: Gateway) -> None:
    maker, checker = await gateway.signed_in("province_admin"), await gateway.signed_in("approver")
    made = await maker.post("/api/v1/grant-rules", json=RULE)
    assert made.status_code == 201, made.text
    assert made.json()["terms"]["valid_from"] == "2026-10-31T16:00:00Z"
    assert made.json()["terms"]["shape"]["tiers"][0]["per"] == 2
    assert made.json()["terms"]["offer"]["extras"][0]["kind"] == "draw_entry"
    path = made.headers["location"]
    own = await maker.post(f"{path}/approve")
    assert (own.status_code, own.json()["reason"]) == (403, "MAKER_IS_CHECKER")
    assert (await checker.post(f"{path}/approve")).json()["approved_by"] == "test-approver"
    assert (await checker.post(f"{path}/end")).json()["ended_by"] == "test-approver"
    again = await checker.post(f"{path}/end")
    assert (again.status_code, again.json()["reason"]) == (409, "GRANT_RULE_STATE")
    listed = (await checker.get("/api/v1/grant-rules")).json()["rules"]
    assert [(rule["number"], rule["terms"]["cap_period"]) for rule in listed] == [(1, "day")]
    assert (await checker.post("/api/v1/grant-rules/9/approve")).status_code == 404


async def test_a_rule_for_growth_says_what_has_to_grow(gateway: Gateway) -> None:
    """RWD-28."""
    maker = await gateway.signed_in("branch_operator")
    growth = {"currency": "fetion_points", "least": 500, "period": "month"}
    body = RULE | {"trigger": "growth", "event_types": [], "growth": growth}
    made = await maker.post("/api/v1/grant-rules", json=body)
    assert made.json()["terms"]["growth"] == growth
    assert (await maker.post("/api/v1/grant-rules/1/approve")).json()["reason"] == "ROLE_MISSING"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trigger", "rumour"),
        ("payee", "everybody"),
        ("valid_from", "2026-11-01"),
        ("shape", {"kind": "flat", "streak": 400}),
        ("offer", {"rewards": []}),
        ("owner_cap", -1),
        ("colour", "red"),
    ],
)
async def test_a_rule_that_can_not_be_is_refused_by_its_field(gateway: Gateway, field: str, value: object) -> None:
    maker = await gateway.signed_in("province_admin")
    refused = await maker.post("/api/v1/grant-rules", json=copy.deepcopy(RULE) | {field: value})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith(field)


async def test_an_order_tells_its_state_its_points_and_its_commission(gateway: Gateway) -> None:
    """RWD-24."""
    portal = await gateway.signed_in("portal")
    body = {"msisdn": MSISDN, "service": "crbt", "amount": {"amount_fen": 500}, "source": {"touchpoint": "portal"}}
    order = (await portal.post("/api/v1/orders", json=body)).json()
    answer = await portal.get(f"/api/v1/orders/{order['id']}/rewards")
    assert answer.status_code == 200, answer.text
    rewards = answer.json()
    assert (rewards["order_id"], rewards["state"]) == (order["id"], "pending_confirmation")
    assert rewards["grants"][0]["rewards"][0]["currency"] == "phone_credit_fen"
    assert rewards["commission"] == {
        "affiliate_id": "poco",
        "kind": "handling",
        "outcome": "priced",
        "commission": {"amount_fen": 100},
    }
    unknown = await portal.get(f"/api/v1/orders/{uuid.uuid4()}/rewards")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "ORDER_UNKNOWN")


async def test_a_subscriber_sees_what_waits_for_a_choice_and_chooses_once(gateway: Gateway) -> None:
    """RWD-07."""
    portal = await gateway.signed_in("portal")
    [grant] = (await portal.get(f"/api/v1/subscribers/{MSISDN}/grants")).json()["grants"]
    assert (grant["state"], grant["chosen"], grant["owner_kind"]) == ("offered", None, "subscriber")
    chosen = await portal.post(f"/api/v1/grants/{grant['id']}/choose", json={"choice": 1})
    assert (chosen.json()["state"], chosen.json()["chosen"]) == ("given", 1)
    again = await portal.post(f"/api/v1/grants/{grant['id']}/choose", json={"choice": 0})
    assert (again.status_code, again.json()["reason"]) == (409, "CHOICE_MADE")
    nobody = await portal.post(f"/api/v1/grants/{uuid.uuid4()}/choose", json={"choice": 0})
    assert (nobody.status_code, nobody.json()["reason"]) == (404, "GRANT_UNKNOWN")
    assert (await portal.post(f"/api/v1/grants/{grant['id']}/choose", json={"choice": 10})).status_code == 422


async def test_an_operator_tries_a_refused_grant_again_and_a_portal_may_not(gateway: Gateway) -> None:
    admin, portal = await gateway.signed_in("province_admin"), await gateway.signed_in("portal")
    [grant] = (await admin.get(f"/api/v1/staff/{REFUSED_STAFF}/grants")).json()["grants"]
    assert (grant["state"], grant["reason"], grant["owner_kind"]) == ("refused", "INSUFFICIENT_FUNDS", "staff")
    assert (await portal.post(f"/api/v1/grants/{grant['id']}/retry")).json()["reason"] == "ROLE_MISSING"
    assert (await admin.post(f"/api/v1/grants/{grant['id']}/retry")).json()["state"] == "given"
    again = await admin.post(f"/api/v1/grants/{grant['id']}/retry")
    assert (again.status_code, again.json()["reason"]) == (409, "GRANT_STATE")


async def test_a_jury_awards_and_the_rules_maker_is_not_of_it(gateway: Gateway) -> None:
    """RWD-04."""
    admin, approver = await gateway.signed_in("province_admin"), await gateway.signed_in("approver")
    made = await admin.post("/api/v1/grant-rules", json=RULE | {"trigger": "judged", "event_types": []})
    body = {"reference": "best-essay", "msisdns": [MSISDN, MSISDN]}
    path = f"{made.headers['location']}/awards"
    awarded = await approver.post(path, json=body)
    assert [one["owner_kind"] for one in awarded.json()["grants"]] == ["subscriber", "subscriber"]
    assert (await admin.post(path, json=body)).json()["reason"] == "MAKER_IS_CHECKER"
    assert (await approver.post(path, json=body | {"msisdns": []})).status_code == 422
    assert (await approver.post(path, json=body | {"reference": "a b"})).status_code == 422
    assert (await (await gateway.signed_in("portal")).post(path, json=body)).json()["reason"] == "ROLE_MISSING"


async def test_all_that_a_rule_could_not_grant_is_listed_and_tried_again_page_by_page(gateway: Gateway) -> None:
    admin, approver = await gateway.signed_in("province_admin"), await gateway.signed_in("approver")
    path = (await admin.post("/api/v1/grant-rules", json=RULE)).headers["location"]
    refusals = (await approver.get(f"{path}/refusals")).json()["grants"]
    assert [one["reason"] for one in refusals] == ["INSUFFICIENT_FUNDS"]
    first = (await admin.post(f"{path}/refusals/retry")).json()
    assert first == {"tried": 2, "given": 1, "next_page_token": "next"}
    last = await admin.post(f"{path}/refusals/retry", params={"page_token": first["next_page_token"]})
    assert last.json()["next_page_token"] == ""
    assert (await approver.post(f"{path}/refusals/retry")).json()["reason"] == "ROLE_MISSING"
    assert (await admin.get("/api/v1/grant-rules/9/refusals")).json()["reason"] == "GRANT_RULE_UNKNOWN"
