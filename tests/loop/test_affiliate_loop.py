"""An affiliate's way from registration to the pay-out file, through HTTP, svc-catalog and svc-reward as they are.

Only the number dictionary is a stand-in. It covers GWY-10, RWD-11, RWD-14, RWD-22, RWD-23, RWD-24 and RWD-27.
"""

import asyncio
import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from carillon_chassis.clock import SystemClock
from carillon_gateway.testing.harness import BASE_URL
from svc_reward.app.lock_lines import lock_lines

from .edge import Edge

MSISDN = "+8613800138000"
MONTH = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m}"
WAIT_SECONDS = 20.0
TARGET = "https://portal.example/crbt?affiliate=poco"


async def events(http: httpx.AsyncClient, path: str, count: int) -> list[dict[str, Any]]:
    """The affiliate's events, when there are so many."""
    async with asyncio.timeout(WAIT_SECONDS):
        while len(found := (await http.get(f"{path}/events")).json()["events"]) < count:
            await asyncio.sleep(0.1)
    return list(found)


async def make_policies(edge: Edge) -> None:
    """A click earns 5 fen, a handling 1 yuan and a tenth of the order."""
    maker, checker = await edge.as_role("province_admin"), await edge.as_role("approver")
    for kind, tier in (
        ("ad_click", {"flat": {"amount_fen": 5}}),
        ("handling", {"flat": {"amount_fen": 100}, "share_myriad": 1000}),
    ):
        body = {
            "affiliate_kind": "website",
            "commission_kind": kind,
            "valid_from": "2026-01-01T00:00:00+08:00",
            "tiers": [tier],
        }
        made = await maker.post("/api/v1/commission-policies", json=body)
        assert made.status_code == 201, made.text
        assert (await checker.post(f"{made.headers['location']}/approve")).status_code == 200


async def test_an_affiliate_is_paid_for_a_click_and_an_order_by_four_eyes(edge: Edge) -> None:
    await make_policies(edge)
    affiliate, portal = await edge.as_role("affiliate"), await edge.as_role("portal")
    registered = await affiliate.post("/api/v1/affiliates", json={"kind": "website", "name": "POCO"})
    path = registered.headers["location"]
    link = (await affiliate.post(f"{path}/links", json={"service": "CRBT", "target": TARGET})).json()
    clicked = await portal.get(link["url"].removeprefix(BASE_URL), follow_redirects=False)
    assert (clicked.status_code, clicked.headers["location"]) == (302, TARGET)
    source = {"touchpoint": "portal", "affiliate_id": registered.json()["id"]}
    body = {"msisdn": MSISDN, "service": "CRBT", "amount": {"amount_fen": 2999}, "source": source}
    order = (await portal.post("/api/v1/orders", json=body)).json()
    assert (await portal.post(f"/api/v1/orders/{order['id']}/confirm")).status_code == 200

    found = await events(affiliate, path, 2)
    assert {(one["kind"], one["outcome"], one["commission"]["amount_fen"]) for one in found} == {
        ("ad_click", "priced", 5),
        ("handling", "priced", 399),
    }
    async with edge.ledger.unit_of_work() as unit:
        assert await lock_lines(unit, clock=SystemClock()) == 2

    maker, checker = await edge.as_role("province_admin"), await edge.as_role("approver")
    run = await maker.post("/api/v1/settlements", json={"period": MONTH, "minimum": {"amount_fen": 400}})
    assert (run.status_code, run.json()["net"]) == (201, {"amount_fen": 404}), run.text
    run_path = run.headers["location"]
    own = await maker.post(f"{run_path}/approve")
    assert (own.status_code, own.json()["reason"]) == (403, "MAKER_IS_CHECKER")
    assert (await affiliate.get(run_path)).status_code == 403
    assert (await checker.post(f"{run_path}/approve")).json()["state"] == "approved"
    file = (await maker.get(f"{run_path}/file")).content
    assert hashlib.sha256(file).hexdigest() == run.json()["file_sha256"]
    assert (await maker.post(f"{run_path}/pay")).json()["state"] == "paid"
    again = await maker.post("/api/v1/settlements", json={"period": MONTH})
    assert (again.status_code, again.json()["reason"]) == (409, "SETTLEMENT_EMPTY")

    refunded = await maker.post("/api/v1/commission-refunds", json={"order_id": order["id"]})
    assert refunded.json() == {"voided": 0, "deducted": 1}
    statement = (await affiliate.get(f"{path}/statements/{MONTH}")).json()
    assert sorted(line["amount"]["amount_fen"] for line in statement["lines"]) == [-399, 5, 399]
    assert statement["ledger"] == {
        "earned": {"amount_fen": 0},
        "owed": {"amount_fen": 399},
        "payable": {"amount_fen": 0},
        "paid": {"amount_fen": 404},
    }
    proof = (await checker.get("/api/v1/commission-statements/proof")).json()
    assert proof == {"sound": True, "affiliates": 1, "lines": 3, "differing": []}
    shown = str(statement) + str(await events(affiliate, path, 2))
    assert MSISDN[-11:] not in shown
    assert "subscriber" not in shown


async def make_grant_rules(edge: Edge) -> None:
    """An order brings its customer 20 campus points, and who sold it 5 competition points."""
    maker, checker = await edge.as_role("province_admin"), await edge.as_role("approver")
    for payee, amount, currency in (("subscriber", 20, "campus_points"), ("staff", 5, "competition_points")):
        body = {
            "name": f"{currency} for an order",
            "trigger": "order",
            "payee": payee,
            "shape": {"kind": "flat"},
            "offer": {"rewards": [{"kind": "currency", "amount": amount, "currency": currency}]},
            "valid_from": "2026-01-01T00:00:00+08:00",
            "claw_back_days": 14,
        }
        made = await maker.post("/api/v1/grant-rules", json=body)
        assert made.status_code == 201, made.text
        assert (await checker.post(f"{made.headers['location']}/approve")).status_code == 200


async def test_an_order_earns_points_and_commission_and_gives_both_back_with_the_refund(edge: Edge) -> None:
    await make_policies(edge)
    await make_grant_rules(edge)
    affiliate, portal, admin = [await edge.as_role(role) for role in ("affiliate", "portal", "province_admin")]
    poco = (await affiliate.post("/api/v1/affiliates", json={"kind": "website", "name": "POCO"})).json()["id"]
    source = {"touchpoint": "portal", "affiliate_id": poco, "staff_id": "promoter-3"}
    body = {"msisdn": MSISDN, "service": "CRBT", "amount": {"amount_fen": 2999}, "source": source}
    order = (await portal.post("/api/v1/orders", json=body)).json()
    path = f"/api/v1/orders/{order['id']}/rewards"
    assert (await portal.get(path)).json()["grants"] == []
    await portal.post(f"/api/v1/orders/{order['id']}/confirm")

    rewards = await settled(portal, path, "given")
    assert rewards["state"] == "active"
    assert {(one["owner_kind"], one["rewards"][0]["amount"]) for one in rewards["grants"]} == {
        ("subscriber", 20),
        ("staff", 5),
    }
    assert rewards["commission"]["affiliate_id"] == poco
    [granted] = (await portal.get(f"/api/v1/subscribers/{MSISDN}/grants")).json()["grants"]
    assert granted["order_id"] == order["id"]
    [sold] = (await admin.get("/api/v1/staff/promoter-3/grants")).json()["grants"]
    assert sold["state"] == "given"

    await admin.post("/api/v1/commission-refunds", json={"order_id": order["id"]})
    assert len((await settled(portal, path, "reversed"))["grants"]) == 2


async def settled(http: httpx.AsyncClient, path: str, state: str) -> dict[str, Any]:
    """What an order earned, when all of it is in that state and the commission is priced or void."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            rewards: dict[str, Any] = (await http.get(path)).json()
            if {one["state"] for one in rewards["grants"]} == {state}:
                return rewards
            await asyncio.sleep(0.1)
