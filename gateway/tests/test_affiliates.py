"""Affiliates, commissions and settlements through HTTP, over real gRPC; svc-reward is a stand-in."""

import hashlib
import uuid
from collections.abc import AsyncIterator, Callable

from carillon_gateway.testing.affiliates import AFFILIATE_TARGET, AFFILIATE_TOKEN, FILE
from carillon_gateway.testing.campaigns import LINK_TOKEN
from carillon_gateway.testing.harness import ADDRESS, Gateway

POLICY = {
    "affiliate_kind": "website",
    "commission_kind": "handling",
    "valid_from": "2026-11-01T00:00:00+08:00",
    "tiers": [{"flat": {"amount_fen": 100}}, {"volume_from": 100, "share_myriad": 250}],
    "holding_days": 7,
}


async def test_an_affiliate_registers_makes_a_link_and_sees_what_came_of_it(gateway: Gateway) -> None:
    affiliate = await gateway.signed_in("affiliate")
    made = await affiliate.post("/api/v1/affiliates", json={"kind": "website", "name": "POCO"})
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    assert path == f"/api/v1/affiliates/{made.json()['id']}"
    assert (await affiliate.get(path)).json() == made.json()

    link = await affiliate.post(f"{path}/links", json={"service": "CRBT", "target": AFFILIATE_TARGET})
    assert link.status_code == 201
    assert (link.json()["id"], link.json()["url"]) == (AFFILIATE_TOKEN, f"http://gateway.test/r/{AFFILIATE_TOKEN}")

    events = (await affiliate.get(f"{path}/events")).json()
    assert events["events"][0]["outcome"] == "priced"
    assert events["events"][0]["commission"] == {"amount_fen": 5}
    assert (await affiliate.get(f"{path}/events", params={"cursor": events["cursor"]})).json()["events"] == []
    statements = (await affiliate.get(f"{path}/statements")).json()["statements"]
    assert [one["month"] for one in statements] == ["2026-11"]
    page = (await affiliate.get(f"{path}/statements/2026-11")).json()
    assert page["lines"][0]["amount"] == {"amount_fen": -100}
    assert page["ledger"]["owed"] == {"amount_fen": 100}


async def test_a_link_carries_the_address_that_the_operator_has_set(
    make_gateway: Callable[..., AsyncIterator[Gateway]],
) -> None:
    async for gateway in make_gateway(public_url="https://carillon.example/"):
        affiliate = await gateway.signed_in("affiliate")
        path = (await affiliate.post("/api/v1/affiliates", json={"kind": "individual"})).headers["location"]
        link = await affiliate.post(f"{path}/links", json={"service": "CRBT", "target": AFFILIATE_TARGET})
        assert link.json()["url"] == f"https://carillon.example/r/{AFFILIATE_TOKEN}"


async def test_a_click_goes_to_whom_the_tokens_form_names_and_asks_nobody_else(gateway: Gateway) -> None:
    followed = await gateway.http.get(f"/r/{AFFILIATE_TOKEN}", headers={"user-agent": "browser"})
    assert (followed.status_code, followed.headers["location"]) == (302, AFFILIATE_TARGET)
    assert [method for method, _, _ in gateway.stand_ins.calls.seen] == ["FollowAffiliateLink"]
    assert gateway.stand_ins.affiliates.visitors == [hashlib.sha256(f"{ADDRESS[0]}|browser".encode()).hexdigest()]
    assert (await gateway.http.get(f"/r/{LINK_TOKEN}")).status_code == 302
    assert [method for method, _, _ in gateway.stand_ins.calls.seen] == ["FollowAffiliateLink", "FollowLink"]
    unknown = await gateway.http.get("/r/aNobody123456")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "LINK_UNKNOWN")


async def test_a_link_to_anything_but_a_web_page_is_refused(gateway: Gateway) -> None:
    affiliate = await gateway.signed_in("affiliate")
    path = (await affiliate.post("/api/v1/affiliates", json={"kind": "search"})).headers["location"]
    for target in ("javascript:alert(1)", "//evil.example", ""):
        refused = await affiliate.post(f"{path}/links", json={"service": "CRBT", "target": target})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "target")


async def test_the_portal_tells_experiences_and_an_affiliate_may_not(gateway: Gateway) -> None:
    affiliate, portal = await gateway.signed_in("affiliate"), await gateway.signed_in("portal")
    path = (await affiliate.post("/api/v1/affiliates", json={"kind": "website"})).headers["location"]
    body = {"experiences": [{"reference": "v-1", "service": "CRBT", "at": "2026-11-02T12:00:00Z"}]}
    assert (await portal.post(f"{path}/experiences", json=body)).json() == {"booked": 1}
    assert (await affiliate.post(f"{path}/experiences", json=body)).json()["reason"] == "ROLE_MISSING"


async def test_a_policy_is_proposed_and_approved_by_two_people(gateway: Gateway) -> None:
    maker, checker = await gateway.signed_in("province_admin"), await gateway.signed_in("approver")
    made = await maker.post("/api/v1/commission-policies", json=POLICY)
    assert made.status_code == 201, made.text
    assert made.json()["valid_from"] == "2026-10-31T16:00:00Z"
    assert made.json()["approved_by"] is None
    path = made.headers["location"]
    own = await maker.post(f"{path}/approve")
    assert (own.status_code, own.json()["reason"]) == (403, "MAKER_IS_CHECKER")
    assert (await checker.post(f"{path}/approve")).json()["approved_by"] == "test-approver"
    listed = (await checker.get("/api/v1/commission-policies")).json()["policies"]
    assert [one["tiers"][1]["share_myriad"] for one in listed] == [250]
    refund = await maker.post("/api/v1/commission-refunds", json={"order_id": "o-1"})
    assert refund.json() == {"voided": 1, "deducted": 0}
    statements = await checker.get("/api/v1/commission-statements", params={"month": "2026-11"})
    assert statements.json()["statements"][0]["affiliate_id"] == "poco"
    assert (await checker.get("/api/v1/commission-statements/proof")).json()["sound"] is True


async def test_a_settlement_is_paid_by_four_eyes_and_its_file_comes_whole(gateway: Gateway) -> None:
    maker, checker = await gateway.signed_in("province_admin"), await gateway.signed_in("approver")
    made = await maker.post("/api/v1/settlements", json={"period": "2026-11", "minimum": {"amount_fen": 100}})
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["net"]) == ("proposed", {"amount_fen": 200})
    path = made.headers["location"]
    early = await maker.get(f"{path}/file")
    assert (early.status_code, early.json()["reason"]) == (409, "SETTLEMENT_STATE")
    own = await maker.post(f"{path}/approve")
    assert (own.status_code, own.json()["reason"]) == (403, "MAKER_IS_CHECKER")
    assert (await checker.post(f"{path}/approve")).json()["checked_by"] == "test-approver"
    file = await checker.get(f"{path}/file")
    assert (file.content, file.headers["content-type"]) == (FILE, "text/csv; charset=utf-8")
    assert (await maker.post(f"{path}/pay")).json()["state"] == "paid"
    again = await maker.post(f"{path}/pay")
    assert (again.status_code, again.json()["reason"]) == (409, "SETTLEMENT_STATE")
    assert (await maker.get(path)).json()["paid_by"] == "test-province-admin"
    unknown = await maker.get(f"/api/v1/settlements/{uuid.uuid4()}")
    assert unknown.json()["reason"] == "SETTLEMENT_UNKNOWN"
    assert (await maker.post("/api/v1/settlements", json={"period": "2026-13"})).status_code == 422
