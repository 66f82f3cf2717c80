"""Orders and subscriptions through HTTP, over real gRPC; the services behind are stand-ins."""

from carillon_gateway.testing.harness import Gateway

MSISDN = "+8613800138000"


def order_body(**overrides: object) -> dict[str, object]:
    body: dict[str, object] = {
        "msisdn": MSISDN,
        "service": "crbt",
        "amount": {"amount_fen": 2999},
        "source": {"touchpoint": "portal", "campaign_id": "c-1"},
    }
    return body | overrides


async def test_an_order_is_placed_confirmed_and_becomes_a_subscription(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")

    placed = await portal.post("/api/v1/orders", json=order_body())
    assert placed.status_code == 201
    order = placed.json()
    assert order["state"] == "pending_confirmation"
    assert order["amount"] == {"amount_fen": 2999}
    assert order["source"]["touchpoint"] == "portal"
    assert placed.headers["location"] == f"/api/v1/orders/{order['id']}"

    confirmed = await portal.post(f"/api/v1/orders/{order['id']}/confirm")
    assert confirmed.status_code == 200
    assert confirmed.json()["state"] == "active"
    assert confirmed.json()["activated_at"].endswith("Z")

    listed = await portal.get(f"/api/v1/subscribers/{MSISDN}/subscriptions")
    assert [one["service"] for one in listed.json()["subscriptions"]] == ["crbt"]
    ended = await portal.delete(f"/api/v1/subscribers/{MSISDN}/subscriptions/crbt")
    assert ended.status_code == 200
    again = await portal.delete(f"/api/v1/subscribers/{MSISDN}/subscriptions/crbt")
    assert (again.status_code, again.json()["reason"]) == (404, "SUBSCRIPTION_UNKNOWN")


async def test_eleven_chinese_digits_are_the_same_subscriber(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    placed = await portal.post("/api/v1/orders", json=order_body(msisdn="13800138000"))
    assert placed.status_code == 201


async def test_the_same_key_gives_the_first_order_again_and_with_another_body_a_conflict(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    key = {"idempotency-key": "visit-4711"}

    first = await portal.post("/api/v1/orders", json=order_body(), headers=key)
    replay = await portal.post("/api/v1/orders", json=order_body(), headers=key)
    other = await portal.post("/api/v1/orders", json=order_body(amount={"amount_fen": 1}), headers=key)

    assert replay.json() == first.json()
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_two_clients_keys_never_meet(gateway: Gateway) -> None:
    key = {"idempotency-key": "1"}
    first = await (await gateway.signed_in("portal")).post("/api/v1/orders", json=order_body(), headers=key)
    second = await (await gateway.signed_in("agent")).post("/api/v1/orders", json=order_body(), headers=key)
    assert first.json()["id"] != second.json()["id"]


async def test_orders_without_a_key_are_two_orders(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    first = await portal.post("/api/v1/orders", json=order_body())
    second = await portal.post("/api/v1/orders", json=order_body())
    assert first.json()["id"] != second.json()["id"]


async def test_an_unknown_service_and_an_unknown_number_are_not_found(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")

    service = await portal.post("/api/v1/orders", json=order_body(service="nonsense"))
    assert (service.status_code, service.json()["reason"]) == (404, "SERVICE_UNKNOWN")
    assert service.json()["errors"][0]["field"] == "service"

    number = await portal.post("/api/v1/orders", json=order_body(msisdn="+8613900139000"))
    assert (number.status_code, number.json()["reason"]) == (404, "SUBSCRIBER_UNKNOWN")
    assert number.json()["errors"][0]["field"] == "msisdn"


async def test_a_number_that_is_none_is_refused_by_its_field(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    for written in ("12345", "+86138", "not a number", "008613800138000", "+86138001380001234"):
        response = await portal.post("/api/v1/orders", json=order_body(msisdn=written))
        assert response.status_code == 422, written
        assert response.json()["errors"][0]["field"] == "msisdn"


async def test_a_state_that_does_not_allow_it_is_a_conflict(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    order = (await portal.post("/api/v1/orders", json=order_body())).json()
    cancelled = await portal.post(f"/api/v1/orders/{order['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    late = await portal.post(f"/api/v1/orders/{order['id']}/confirm")
    assert (late.status_code, late.json()["reason"]) == (409, "ORDER_STATE")
    looked = await portal.get(f"/api/v1/orders/{order['id']}")
    assert looked.json()["state"] == "cancelled"


async def test_the_catalogue_shows_three_prices_and_pages(gateway: Gateway) -> None:
    hall = await gateway.signed_in("hall_terminal")
    first = (await hall.get("/api/v1/services", params={"page_size": 1})).json()
    assert [one["code"] for one in first["services"]] == ["crbt"]
    assert first["services"][0]["prices"] == {
        "premium": {"amount_fen": 0},
        "ordinary": {"amount_fen": 300},
        "non_member": {"amount_fen": 500},
    }
    params = {"page_size": 1, "page_token": first["next_page_token"]}
    second = (await hall.get("/api/v1/services", params=params)).json()
    assert second["services"][0]["prices"] == {"premium": None, "ordinary": None, "non_member": None}
    assert second["next_page_token"] == ""
    unknown = await hall.get("/api/v1/services/nonsense")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "SERVICE_UNKNOWN")


async def test_a_subscriber_is_put_together_from_four_services_without_the_inner_id(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    order = (await portal.post("/api/v1/orders", json=order_body())).json()
    await portal.post(f"/api/v1/orders/{order['id']}/confirm")

    body = (await portal.get(f"/api/v1/subscribers/{MSISDN}")).json()

    assert body["msisdn"] == MSISDN
    assert body["attributes"] == {
        "recency": 6,
        "history": 329.08,
        "zip_code": "Urban",
        "newbie": True,
        "joined": "2007-01-02",
        "handset": None,
    }
    assert [one["service"] for one in body["subscriptions"]] == ["crbt"]
    assert body["balances"][0]["amount"] == 100
    assert [(one["campaign_id"], one["channel"], one["state"], one["ended_at"]) for one in body["contacts"]] == [
        (None, "sms", "queued", None),
        ("00000000-0000-0000-0000-000000000003", "wap_push", "delivered", "2026-11-21T12:00:00Z"),
    ]
    assert body["missing"] == []
    # SEG-37, SEG-80: what group the subscriber is in as of which day, and what was done of late.
    assert [(one["code"], one["result"], one["as_of"]) for one in body["classes"]] == [
        ("fetion", "LOYAL", "2011-03-31")
    ]
    assert body["hall"] == "dongqu/广园东路"
    assert body["recent_events"] == {
        "as_of": "2026-11-21T12:00:00Z",
        "since": "2026-10-22T12:00:00Z",
        "events": [{"type": "page_visit", "at": "2026-11-21T11:00:00Z", "attributes": {"page": "/tones"}}],
    }
    assert body["dimensions"] is None
    assert "subscriber_id" not in body
    balances = await portal.get("/api/v1/subscribers/13800138000/balances")
    assert balances.json()["balances"][0]["currency"] == "experience_points"


async def test_a_subscribers_attributes_are_shown_by_dimension(gateway: Gateway) -> None:
    """SEG-02."""
    agent = await gateway.signed_in("agent")
    body = (await agent.get(f"/api/v1/subscribers/{MSISDN}", params={"group_by": "dimension"})).json()
    assert body["dimensions"] == {"consumption": {"recency": 6}, "terminal": {"handset": None}}
    assert len(body["attributes"]) == 6
    refused = await agent.get(f"/api/v1/subscribers/{MSISDN}", params={"group_by": "colour"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "group_by")


async def test_a_subscriber_is_shown_without_the_part_whose_service_is_away(gateway: Gateway) -> None:
    gateway.stand_ins.contacts.away = True
    agent = await gateway.signed_in("agent")
    answer = await agent.get(f"/api/v1/subscribers/{MSISDN}")
    assert answer.status_code == 200
    assert (answer.json()["contacts"], answer.json()["missing"]) == ([], ["contacts"])
    assert answer.json()["attributes"]["recency"] == 6


async def test_a_balance_is_shown_as_of_a_moment(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    asked = await portal.get(f"/api/v1/subscribers/{MSISDN}/balances", params={"as_of": "2026-11-01T08:00:00+08:00"})
    assert asked.json()["balances"][0]["as_of"] == "2026-11-01T00:00:00Z"
    refused = await portal.get(f"/api/v1/subscribers/{MSISDN}/balances", params={"as_of": "yesterday"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "as_of")


async def test_a_statement_tells_each_booking_with_its_balance_and_no_inner_number(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    page = (await portal.get(f"/api/v1/subscribers/{MSISDN}/ledger")).json()
    (entry,) = page["entries"]
    assert entry.pop("booked_at")
    assert entry == {
        "currency": "experience_points",
        "amount": 100,
        "balance_after": 100,
        "reason": "campaign reward",
    }
    rest = await portal.get(
        f"/api/v1/subscribers/{MSISDN}/ledger", params={"page_token": page["next_page_token"], "page_size": 1}
    )
    assert rest.json() == {"entries": [], "next_page_token": ""}
    affiliate = await gateway.signed_in("affiliate")
    assert (await affiliate.get(f"/api/v1/subscribers/{MSISDN}/ledger")).status_code == 403


async def test_the_province_prices_a_service_for_its_three_levels(gateway: Gateway) -> None:
    """CAT-45: what every quotation and confirmation shows from then on."""
    province, branch = await gateway.signed_in("province_admin"), await gateway.signed_in("branch_operator")
    path, prices = "/api/v1/services/crbt/prices", {"premium": {"amount_fen": 100}, "ordinary": {"amount_fen": 0}}
    priced = await province.put(path, json=prices)
    assert (priced.status_code, priced.json()["prices"]) == (200, prices | {"non_member": None})
    assert (await branch.put(path, json=prices)).status_code == 403
    assert (await province.put(path, json={"premium": {"amount_fen": -1}})).status_code == 422
    assert (await province.put(path, json={"gold": {"amount_fen": 1}})).status_code == 422
    assert (await province.put("/api/v1/services/nonsense/prices", json=prices)).status_code == 404
