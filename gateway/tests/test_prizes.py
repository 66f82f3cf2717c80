"""Prizes and their shop through HTTP, over real gRPC; the services behind are stand-ins."""

import pytest

from carillon.reward.v1 import prize_pb2
from carillon_gateway.http.models.prizes import parse_tier
from carillon_gateway.testing.harness import Gateway

MSISDN = "+8613800138000"


def prize_body(**overrides: object) -> dict[str, object]:
    body: dict[str, object] = {
        "code": "migu-doll",
        "name": "Migu doll",
        "kind": "physical_gift",
        "currency": "music_points",
        "price": 30,
        "valid_from": "2026-01-01T00:00:00+08:00",
        "valid_until": "2027-01-01T00:00:00Z",
        "stock": 5,
    }
    return body | overrides


@pytest.fixture
async def stocked(gateway: Gateway) -> Gateway:
    """The operator has put a doll into the catalogue."""
    response = await (await gateway.signed_in("branch_operator")).post("/api/v1/prizes", json=prize_body())
    assert response.status_code == 201
    return gateway


async def test_the_operator_makes_prizes_and_everybody_sees_them(stocked: Gateway) -> None:
    portal = await stocked.signed_in("portal")
    (listed,) = (await portal.get("/api/v1/prizes")).json()["prizes"]
    assert listed["valid_from"] == "2025-12-31T16:00:00Z"
    assert listed["stock"] == {"total": 5, "reserved": 0, "committed": 0}
    assert (await portal.get("/api/v1/prizes/migu-doll")).json() == listed
    ops = await stocked.signed_in("province_admin")
    more = await ops.post("/api/v1/prizes/migu-doll/stock", json={"quantity": 3})
    assert more.json()["stock"]["total"] == 8
    taken = await ops.post("/api/v1/prizes", json=prize_body())
    assert (taken.status_code, taken.json()["reason"]) == (409, "PRIZE_EXISTS")


async def test_the_portal_redeems_looks_and_takes_back(stocked: Gateway) -> None:
    portal = await stocked.signed_in("portal")
    redeemed = await portal.post("/api/v1/redemptions", json={"msisdn": MSISDN, "prize": "migu-doll", "quantity": 2})
    assert redeemed.status_code == 201
    redemption = redeemed.json()
    assert (redemption["points"], redemption["state"], redemption["ended_at"]) == (60, "booked", None)
    assert "subscriber_id" not in redemption
    assert (await portal.get(redeemed.headers["location"])).json() == redemption
    cancelled = await portal.post(f"/api/v1/redemptions/{redemption['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    late = await (await stocked.signed_in("branch_operator")).post(f"/api/v1/redemptions/{redemption['id']}/fulfil")
    assert (late.status_code, late.json()["reason"]) == (409, "REDEMPTION_STATE")


async def test_who_may_not_redeem_hears_why(stocked: Gateway) -> None:
    ops, portal = await stocked.signed_in("branch_operator"), await stocked.signed_in("portal")
    await ops.post("/api/v1/prizes", json=prize_body(code="cap", kind="member_gift", lowest_tier="premium"))
    for prize, quantity, status, reason in (
        ("cap", 1, 409, "MEMBERSHIP_REQUIRED"),
        ("migu-doll", 4, 409, "INSUFFICIENT_POINTS"),
        ("nothing", 1, 404, "PRIZE_UNKNOWN"),
    ):
        body = {"msisdn": MSISDN, "prize": prize, "quantity": quantity}
        refused = await portal.post("/api/v1/redemptions", json=body)
        assert (refused.status_code, refused.json()["reason"]) == (status, reason)
    stranger = {"msisdn": "+8613900139000", "prize": "migu-doll"}
    unknown = await portal.post("/api/v1/redemptions", json=stranger)
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "SUBSCRIBER_UNKNOWN")


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", 0), ("stock", -1), ("kind", "car"), ("lowest_tier", "gold"), ("valid_until", "2027-01-01T00:00:00"), ("code", "a b")],
)  # fmt: skip
async def test_a_prize_of_the_wrong_shape_is_refused_by_its_field(gateway: Gateway, field: str, value: object) -> None:
    ops = await gateway.signed_in("branch_operator")
    refused = await ops.post("/api/v1/prizes", json=prize_body(**{field: value}))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field


async def test_the_operator_does_not_redeem_and_the_portal_makes_no_prizes(stocked: Gateway) -> None:
    ops, portal = await stocked.signed_in("branch_operator"), await stocked.signed_in("portal")
    redeem = await ops.post("/api/v1/redemptions", json={"msisdn": MSISDN, "prize": "migu-doll"})
    create = await portal.post("/api/v1/prizes", json=prize_body(code="mine"))
    assert [redeem.status_code, create.status_code] == [403, 403]


@pytest.mark.parametrize(
    ("word", "tier"),
    [
        ("premium", prize_pb2.MEMBER_TIER_PREMIUM),
        ("Ordinary ", prize_pb2.MEMBER_TIER_ORDINARY),
        ("non_member", prize_pb2.MEMBER_TIER_NON_MEMBER),
        ("gold", prize_pb2.MEMBER_TIER_NON_MEMBER),
        (None, prize_pb2.MEMBER_TIER_NON_MEMBER),
        (1, prize_pb2.MEMBER_TIER_NON_MEMBER),
    ],
)
def test_the_attribute_says_what_a_subscriber_is_to_the_club(
    word: str | int | None, tier: prize_pb2.MemberTier.ValueType
) -> None:
    assert parse_tier({"music_member": word}) == tier
    assert parse_tier({}) == prize_pb2.MEMBER_TIER_NON_MEMBER
