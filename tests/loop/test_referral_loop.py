"""A friend's way from a recommendation to both sides' points, through HTTP, svc-catalog and svc-reward as they are.

It covers RWD-06, RWD-08 and RWD-41: what svc-catalog tells of a real order completes the referral.
"""

import asyncio
from typing import Any

import httpx

from carillon_chassis.clock import SystemClock
from carillon_gateway.testing.segments import FRIEND
from svc_reward.app.fund_campaign import fund_campaign

from .edge import Edge

MSISDN = "+8613800138000"
WAIT_SECONDS = 20.0


def seeds(amount: int) -> dict[str, Any]:
    reward = {"kind": "currency", "currency": "seeds", "amount": amount, "campaign_id": "friends"}
    return {"rewards": [reward]}


async def make_programme(edge: Edge, **changes: Any) -> int:
    """Proposed and approved by two people, and paid by a budget of a hundred seeds."""
    async with edge.ledger.unit_of_work() as unit:
        await fund_campaign(unit, campaign_id="friends", currency="seeds", amount=100, clock=SystemClock())
    maker, checker = await edge.as_role("province_admin"), await edge.as_role("approver")
    body = {
        "name": "Recommend and win",
        "campaign_id": "friends",
        "services": ["CRBT"],
        "valid_from": "2026-01-01T00:00:00+08:00",
        "referrer_offer": seeds(50),
        "friend_offer": seeds(20),
    }
    made = await maker.post("/api/v1/referral-programmes", json=body | changes)
    assert made.status_code == 201, made.text
    assert (await checker.post(f"{made.headers['location']}/approve")).status_code == 200
    return int(made.json()["number"])


async def order(http: httpx.AsyncClient, msisdn: str) -> None:
    body = {"msisdn": msisdn, "service": "CRBT", "amount": {"amount_fen": 500}, "source": {"touchpoint": "portal"}}
    placed = await http.post("/api/v1/orders", json=body)
    assert placed.status_code == 201, placed.text
    assert (await http.post(f"/api/v1/orders/{placed.json()['id']}/confirm")).status_code == 200


async def completed(http: httpx.AsyncClient) -> dict[str, Any]:
    """The one referral, when it is complete."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            [found] = (await http.get(f"/api/v1/subscribers/{MSISDN}/referrals")).json()["referrals"]
            if found["state"] == "completed":
                return dict(found)
            await asyncio.sleep(0.1)


async def balance(http: httpx.AsyncClient, msisdn: str) -> int:
    balances = (await http.get(f"/api/v1/subscribers/{msisdn}/balances")).json()["balances"]
    return sum(one["amount"] for one in balances if one["currency"] == "seeds")


async def test_a_friend_who_orders_what_was_recommended_earns_both_sides_their_points(edge: Edge) -> None:
    portal, programme = await edge.as_role("portal"), await make_programme(edge)
    body = {"msisdn": MSISDN, "friend": FRIEND, "programme": programme}
    begun = await portal.post("/api/v1/referrals", json=body)
    assert (begun.status_code, begun.json()["state"]) == (201, "open"), begun.text
    back = await portal.post("/api/v1/referrals", json=body | {"msisdn": FRIEND, "friend": MSISDN})
    assert (back.status_code, back.json()["reason"]) == (409, "REFERRAL_LOOP")
    await order(portal, FRIEND)
    done = await completed(portal)
    assert [grant["state"] for grant in done["grants"]] == ["given"]
    assert [await balance(portal, msisdn) for msisdn in (MSISDN, FRIEND)] == [50, 20]

    gift = {"msisdn": MSISDN, "friend": FRIEND, "currency": "seeds", "amount": 5}
    assert (await portal.post("/api/v1/gifts", json=gift)).status_code == 201
    assert [await balance(portal, msisdn) for msisdn in (MSISDN, FRIEND)] == [45, 25]


async def test_a_code_typed_in_after_the_order_completes_at_once_and_a_user_is_refused(edge: Edge) -> None:
    portal, programme = await edge.as_role("portal"), await make_programme(edge, late_days=1)
    code = (await portal.post("/api/v1/referral-codes", json={"msisdn": MSISDN, "programme": programme})).json()["code"]
    await order(portal, FRIEND)
    async with asyncio.timeout(WAIT_SECONDS):
        while not await uses(edge):
            await asyncio.sleep(0.1)
    named = await portal.post("/api/v1/referrals", json={"msisdn": MSISDN, "friend": FRIEND, "programme": programme})
    assert (named.status_code, named.json()["reason"]) == (409, "FRIEND_IS_USER")
    accepted = await portal.post(f"/api/v1/referral-codes/{code}/accept", json={"msisdn": FRIEND})
    assert (accepted.status_code, accepted.json()["state"]) == (201, "completed"), accepted.text
    assert [await balance(portal, msisdn) for msisdn in (MSISDN, FRIEND)] == [50, 20]


async def uses(edge: Edge) -> int:
    """How many uses svc-reward knows."""
    async with edge.ledger.read() as unit:
        return int(await unit.driver.fetchval("SELECT count(*) FROM service_use"))
