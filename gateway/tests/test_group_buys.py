"""Group buys through HTTP, over real gRPC; the services behind are stand-ins."""

from carillon_gateway.testing.harness import Gateway

MSISDN = "+8613800138000"
MISSING = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
BODY = {
    "name": "Three for a concert",
    "target": 3,
    "deadline": "2026-12-01T00:00:00+08:00",
    "currency": "m_value",
    "price": 5,
}


async def test_the_operator_opens_a_group_and_a_person_joins_it_once(gateway: Gateway) -> None:
    ops, portal = await gateway.signed_in("branch_operator"), await gateway.signed_in("portal")
    opened = await ops.post("/api/v1/group-buys", json=BODY)
    assert (opened.status_code, opened.json()["state"], opened.json()["members"]) == (201, "open", 0)
    where = opened.headers["location"]
    joined = await portal.post(f"{where}/members", json={"msisdn": MSISDN})
    assert (joined.status_code, joined.json()["members"]) == (201, 1)
    again = await portal.post(f"{where}/members", json={"msisdn": MSISDN})
    assert (again.status_code, again.json()["reason"]) == (409, "ALREADY_JOINED")
    assert (await portal.get(where)).json()["deadline"] == "2026-11-30T16:00:00Z"


async def test_what_is_not_there_or_not_allowed_is_refused(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    unknown = await portal.post(f"/api/v1/group-buys/{MISSING}/members", json={"msisdn": MSISDN})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "GROUP_UNKNOWN")
    assert (await portal.post("/api/v1/group-buys", json=BODY)).status_code == 403
    small = await (await gateway.signed_in("branch_operator")).post("/api/v1/group-buys", json=BODY | {"target": 1})
    assert (small.status_code, small.json()["errors"][0]["field"]) == (422, "target")
