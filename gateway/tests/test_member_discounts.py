"""Members' discounts at partners through HTTP, over real gRPC; svc-reward is a stand-in (RWD-34)."""

from carillon_gateway.testing.harness import Gateway
from carillon_gateway.testing.member_discounts import MEMBER_CODE

MSISDN = "+8613800138000"
DISCOUNT = {
    "merchant": "ktv-9",
    "name": "KTV",
    "percent_off": 20,
    "valid_from": "2026-11-01T00:00:00+08:00",
    "valid_to": "2026-12-01T00:00:00+08:00",
}


async def test_a_partner_takes_the_code_that_a_member_shows_once(gateway: Gateway) -> None:
    ops, portal = await gateway.signed_in("branch_operator"), await gateway.signed_in("portal")
    partner = await gateway.signed_in("partner")
    agreed = await ops.post("/api/v1/member-discounts", json=DISCOUNT)
    assert (agreed.status_code, agreed.json()["lowest_tier"], agreed.json()["number"]) == (201, "premium", 1)
    code = await portal.post("/api/v1/member-codes", json={"msisdn": MSISDN})
    assert (code.status_code, code.json()["code"]) == (201, MEMBER_CODE)
    path = f"/api/v1/member-codes/{MEMBER_CODE}/use"
    used = await partner.post(path, json={"merchant": "ktv-9"})
    assert (used.status_code, used.json()["tier"], used.json()["discount"]["percent_off"]) == (200, "premium", 20)
    again = await partner.post(path, json={"merchant": "ktv-9"})
    assert (again.status_code, again.json()["reason"]) == (409, "MEMBER_CODE_USED")
    assert [one["name"] for one in (await partner.get("/api/v1/member-discounts")).json()["discounts"]] == ["KTV"]


async def test_what_can_not_be_and_who_may_not_is_refused(gateway: Gateway) -> None:
    ops, partner = await gateway.signed_in("branch_operator"), await gateway.signed_in("partner")
    for change, field in (({"percent_off": 101}, "percent_off"), ({"lowest_tier": "non_member"}, "lowest_tier")):
        refused = await ops.post("/api/v1/member-discounts", json=DISCOUNT | change)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await partner.post("/api/v1/member-codes", json={"msisdn": MSISDN})).json()["reason"] == "ROLE_MISSING"
    unknown = await partner.post("/api/v1/member-codes/22222222/use", json={"merchant": "ktv-9"})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "MEMBER_CODE_UNKNOWN")
