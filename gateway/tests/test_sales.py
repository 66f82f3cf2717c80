"""Flash sales through HTTP, over real gRPC; the services behind are stand-ins."""

import asyncio
from collections import Counter

from carillon.reward.v1 import sale_pb2
from carillon_chassis.errors import InvalidInput
from carillon_gateway.claim_gathering import ClaimGathering
from carillon_gateway.testing.harness import Gateway

MSISDN = "+8613800138000"
MISSING = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"


def sale_body(**overrides: object) -> dict[str, object]:
    body: dict[str, object] = {
        "name": "Double eleven",
        "opens_at": "2026-11-11T00:00:00+08:00",
        "closes_at": "2026-11-12T00:00:00+08:00",
        "hold_seconds": 600,
        "currency": "m_value",
        "price": 5,
        "stock": 1,
    }
    return body | overrides


async def announced(gateway: Gateway, **overrides: object) -> str:
    response = await (await gateway.signed_in("branch_operator")).post("/api/v1/sales", json=sale_body(**overrides))
    assert response.status_code == 201
    return str(response.json()["id"])


async def test_a_person_claims_once_and_pays(gateway: Gateway) -> None:
    sale_id = await announced(gateway)
    portal = await gateway.signed_in("portal")
    first = await portal.post(f"/api/v1/activities/{sale_id}/entries", json={"msisdn": MSISDN, "payload": {}})
    assert (first.status_code, first.json()["outcome"]) == (201, "claimed")
    again = await portal.post(f"/api/v1/activities/{sale_id}/entries", json={"msisdn": MSISDN})
    assert (again.status_code, again.json()["outcome"]) == (200, "already_claimed")
    claim_id = first.json()["entry_id"]
    assert again.json()["entry_id"] == claim_id

    sale = (await portal.get(f"/api/v1/sales/{sale_id}")).json()
    assert (sale["opens_at"], sale["stock"]) == ("2026-11-10T16:00:00Z", {"total": 1, "reserved": 1, "committed": 0})
    paid = await portal.post(f"/api/v1/claims/{claim_id}/pay", json={})
    assert (paid.status_code, paid.json()["state"], paid.json()["reference"]) == (200, "paid", None)
    assert "subscriber_id" not in paid.json()
    assert (await portal.get(f"/api/v1/claims/{claim_id}")).json() == paid.json()
    late = await portal.post(f"/api/v1/claims/{claim_id}/release")
    assert (late.status_code, late.json()["reason"]) == (409, "CLAIM_STATE")


async def test_a_claim_is_given_back(gateway: Gateway) -> None:
    sale_id = await announced(gateway, currency=None, price=0)
    portal = await gateway.signed_in("portal")
    entry = (await portal.post(f"/api/v1/activities/{sale_id}/entries", json={"msisdn": MSISDN})).json()
    released = await portal.post(f"/api/v1/claims/{entry['entry_id']}/release")
    assert released.json()["state"] == "released"


async def test_an_activity_or_a_number_that_is_not_there_is_not_found(gateway: Gateway) -> None:
    sale_id = await announced(gateway)
    portal = await gateway.signed_in("portal")
    activity = await portal.post(f"/api/v1/activities/{MISSING}/entries", json={"msisdn": MSISDN})
    assert (activity.status_code, activity.json()["reason"]) == (404, "ACTIVITY_UNKNOWN")
    number = await portal.post(f"/api/v1/activities/{sale_id}/entries", json={"msisdn": "+8613900139000"})
    assert (number.status_code, number.json()["reason"]) == (404, "SUBSCRIBER_UNKNOWN")
    claim = await portal.post(f"/api/v1/claims/{MISSING}/pay", json={})
    assert (claim.status_code, claim.json()["reason"]) == (404, "CLAIM_UNKNOWN")


async def test_the_portal_announces_no_sales_and_affiliates_take_no_part(gateway: Gateway) -> None:
    portal, affiliate = await gateway.signed_in("portal"), await gateway.signed_in("affiliate")
    refused = [
        await portal.post("/api/v1/sales", json=sale_body()),
        await affiliate.post(f"/api/v1/activities/{MISSING}/entries", json={"msisdn": MSISDN}),
    ]
    assert [response.status_code for response in refused] == [403, 403]


async def test_a_crowd_is_sent_together_and_each_hears_the_own_outcome(gateway: Gateway) -> None:
    sale_id = await announced(gateway, stock=3)
    stub = gateway.guard.peers.sales
    gathering = ClaimGathering(stub)
    attempts = [sale_pb2.Attempt(request_id=f"k-{n}", sale_id=sale_id, subscriber_id=n) for n in range(1, 251)]
    outcomes = await asyncio.gather(*(gathering.claim(attempt) for attempt in attempts))
    assert Counter(outcome.outcome for outcome in outcomes) == {"CLAIMED": 3, "SOLD_OUT": 247}
    claims = [await stub.GetClaim(sale_pb2.GetClaimRequest(id=one.claim_id)) for one in outcomes if one.claim_id]
    claimed = [number for number, one in enumerate(outcomes, start=1) if one.claim_id]
    assert [answer.claim.subscriber_id for answer in claims] == claimed
    again = await gathering.claim(attempts[0])
    assert again.outcome in {"ALREADY_CLAIMED", "SOLD_OUT"}


async def test_when_svc_reward_refuses_a_call_everybody_in_it_hears_so(gateway: Gateway) -> None:
    gathering = ClaimGathering(gateway.guard.peers.sales)
    wrong = sale_pb2.Attempt(request_id="k", sale_id="no uuid", subscriber_id=1)
    answers = await asyncio.gather(gathering.claim(wrong), return_exceptions=True)
    assert [type(answer) for answer in answers] == [InvalidInput]
