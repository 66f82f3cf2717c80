"""Referrals, handset subsidies and gifts through HTTP, over real gRPC; svc-reward is a stand-in."""

import uuid

import pytest

from carillon_gateway.testing.harness import Gateway
from carillon_gateway.testing.referrals import REFERRAL_CODE
from carillon_gateway.testing.segments import FRIEND

MSISDN = "+8613800138000"
HIDDEN = FRIEND[:6] + "*" * (len(FRIEND) - 8) + FRIEND[-2:]
PROGRAMME = {
    "name": "推荐送好礼",
    "campaign_id": "friends",
    "services": ["MOBILE_MARKET"],
    "event_types": ["downloaded", "logged_in"],
    "valid_from": "2026-11-01T00:00:00+08:00",
    "referrer_offer": {
        "rewards": [
            {"kind": "currency", "currency": "phone_credit_fen", "amount": 500, "campaign_id": "friends"}
            | {"worth": {"amount_fen": 500}},
            {"kind": "prize", "prize": "e-gift", "amount": 1, "campaign_id": "friends", "worth": {"amount_fen": 500}},
        ],
        "choose_days": 7,
    },
}
SUBSIDY = {
    "msisdn": MSISDN,
    "device": "TD-SCDMA phone",
    "subsidy": {"amount_fen": 100_000},
    "monthly_spend": {"amount_fen": 5800},
    "months": 24,
}


async def programme(gateway: Gateway) -> int:
    """Proposed and approved."""
    maker, checker = await gateway.signed_in("province_admin"), await gateway.signed_in("approver")
    number = (await maker.post("/api/v1/referral-programmes", json=PROGRAMME)).json()["number"]
    await checker.post(f"/api/v1/referral-programmes/{number}/approve")
    return int(number)


async def test_a_programme_is_proposed_and_approved_by_two_people(gateway: Gateway) -> None:
    maker, checker = await gateway.signed_in("province_admin"), await gateway.signed_in("approver")
    made = await maker.post("/api/v1/referral-programmes", json=PROGRAMME)
    assert made.status_code == 201, made.text
    assert made.json()["terms"]["referrer_offer"]["rewards"][1]["prize"] == "e-gift"
    assert (made.json()["terms"]["window_days"], made.json()["terms"]["friend_offer"]) == (30, None)
    path = f"{made.headers['location']}/approve"
    own = await maker.post(path)
    assert (own.status_code, own.json()["reason"]) == (403, "MAKER_IS_CHECKER")
    assert (await checker.post(path)).json()["approved_by"] == "test-approver"
    ended = await checker.post(f"{made.headers['location']}/end")
    assert (ended.status_code, ended.json()["ended_by"]) == (200, "test-approver")
    listed = (await checker.get("/api/v1/referral-programmes")).json()["programmes"]
    assert [one["number"] for one in listed] == [made.json()["number"]]


async def test_a_subscriber_recommends_a_friend_and_sees_what_came_of_it(gateway: Gateway) -> None:
    """RWD-06, RWD-08."""
    portal, number = await gateway.signed_in("portal"), await programme(gateway)
    body = {"msisdn": MSISDN, "friend": FRIEND, "programme": number}
    begun = await portal.post("/api/v1/referrals", json=body)
    assert begun.status_code == 201, begun.text
    assert (begun.json()["state"], begun.json()["friend"]) == ("open", HIDDEN)
    again = await portal.post("/api/v1/referrals", json=body)
    assert (again.status_code, again.json()["reason"]) == (409, "FRIEND_RECOMMENDED")
    [listed] = (await portal.get(f"/api/v1/subscribers/{MSISDN}/referrals")).json()["referrals"]
    assert (listed["state"], listed["lucky_code"], listed["entry"]) == ("completed", REFERRAL_CODE, "entered")
    assert listed["grants"][0]["rewards"][0]["amount"] == 50
    assert FRIEND not in str(listed)


async def test_a_friend_accepts_by_the_code_that_was_given_out(gateway: Gateway) -> None:
    portal, number = await gateway.signed_in("portal"), await programme(gateway)
    code = await portal.post("/api/v1/referral-codes", json={"msisdn": MSISDN, "programme": number})
    assert (code.status_code, code.json()) == (201, {"code": REFERRAL_CODE, "programme": number})
    accepted = await portal.post(f"/api/v1/referral-codes/{REFERRAL_CODE}/accept", json={"msisdn": FRIEND})
    assert (accepted.status_code, accepted.json()["friend"]) == (201, HIDDEN)
    wrong = await portal.post("/api/v1/referral-codes/22222222/accept", json={"msisdn": FRIEND})
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "REFERRAL_CODE_INVALID")


@pytest.mark.parametrize(
    ("changes", "status", "reason", "field"),
    [
        ({"friend": MSISDN}, 422, "SELF_REFERRAL", "friend"),
        ({"friend": "+8613800999999"}, 404, "SUBSCRIBER_UNKNOWN", "friend"),
        ({"friend": "12"}, 422, "MSISDN_INVALID", "friend"),
        ({"programme": 99}, 404, "PROGRAMME_UNKNOWN", "programme"),
    ],
)
async def test_recommendations_that_can_not_be_name_the_field(
    gateway: Gateway, changes: dict[str, object], status: int, reason: str, field: str
) -> None:
    portal, number = await gateway.signed_in("portal"), await programme(gateway)
    body = {"msisdn": MSISDN, "friend": FRIEND, "programme": number} | changes
    refused = await portal.post("/api/v1/referrals", json=body)
    assert (refused.status_code, refused.json()["reason"]) == (status, reason)
    assert refused.json()["errors"][0]["field"] == field


async def test_a_hall_signs_a_subsidy_and_ends_it_early(gateway: Gateway) -> None:
    """RWD-37."""
    hall, portal = await gateway.signed_in("hall_terminal"), await gateway.signed_in("portal")
    signed = await hall.post("/api/v1/subsidies", json=SUBSIDY)
    assert (signed.status_code, signed.json()["state"]) == (201, "running"), signed.text
    second = await hall.post("/api/v1/subsidies", json=SUBSIDY)
    assert (second.status_code, second.json()["reason"]) == (409, "SUBSIDY_RUNNING")
    path = f"/api/v1/subsidies/{signed.json()['id']}/end"
    assert (await portal.post(path, json={"reason": "mine"})).status_code == 403
    ended = (await hall.post(path, json={"reason": "number given up"})).json()
    assert (ended["state"], ended["owed"], ended["end_reason"]) == (
        "ended_early",
        {"amount_fen": 100_000},
        "number given up",
    )
    listed = (await portal.get(f"/api/v1/subscribers/{MSISDN}/subsidies")).json()["subsidies"]
    assert [one["id"] for one in listed] == [signed.json()["id"]]
    unknown = await hall.post(f"/api/v1/subsidies/{uuid.uuid4()}/end", json={"reason": "x"})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "SUBSIDY_UNKNOWN")


async def test_a_friend_gets_points_as_a_gift(gateway: Gateway) -> None:
    """RWD-41."""
    portal = await gateway.signed_in("portal")
    body = {"msisdn": MSISDN, "friend": FRIEND, "currency": "seeds", "amount": 10}
    given = await portal.post("/api/v1/gifts", json=body)
    assert (given.status_code, given.json()["friend"], given.json()["amount"]) == (201, HIDDEN, 10)
    poor = await portal.post("/api/v1/gifts", json=body | {"amount": 101})
    assert (poor.status_code, poor.json()["reason"]) == (409, "INSUFFICIENT_POINTS")
    assert (await portal.post("/api/v1/gifts", json=body | {"amount": 0})).status_code == 422


async def test_a_months_subscribers_are_entered_by_the_operator_alone(gateway: Gateway) -> None:
    """RWD-09."""
    ops, portal = await gateway.signed_in("branch_operator"), await gateway.signed_in("portal")
    plan = {
        "name": "Reading",
        "campaign_id": "reading",
        "prizes": [{"code": "phone", "name": "手机", "stock": 1}],
        "closes_at": "2026-11-20T00:00:00Z",
        "reveal_by": "2026-11-22T00:00:00Z",
        "eligibility": {"service": "NEWSPAPER", "draw_month": "2026-11"},
    }
    path = f"{(await ops.post('/api/v1/draws', json=plan)).headers['location']}/subscribers"
    entered = await ops.post(path)
    assert (entered.status_code, entered.json()) == (
        202,
        {"service": "NEWSPAPER", "subscribed_month": "2026-10", "subscribers": 3},
    )
    assert (await portal.post(path)).json()["reason"] == "ROLE_MISSING"
