"""An order's way into memberships through HTTP: all services as they are."""

from .house import House, seen, until

NUMBER = "+8613800138001"
OTHER = "+8613800138002"


async def test_a_confirmed_order_shows_in_the_subscribers_segments_within_seconds(house: House) -> None:
    """SEG-05, SEG-80: order confirmed at a portal, segment seen at the hall, and left again when the service is."""
    await house.load(
        ["msisdn,age", f"{NUMBER},30", f"{OTHER},40"], dictionary='{"age": {"type": "integer", "description": "Years"}}'
    )
    owners = await house.segment("owners", "count_events('order_activated', 30, 'service' = 'CRBT') >= 1")
    leavers = await house.segment("leavers", "count_events('subscription_ended', 1) >= 1")
    portal = await house.as_role("portal")
    body = {"msisdn": NUMBER, "service": "CRBT", "amount": {"amount_fen": 500}, "source": {"touchpoint": "portal"}}
    placed = (await portal.post("/api/v1/orders", json=body)).json()
    assert (await seen(portal, NUMBER))["segments"] == []
    assert (await portal.post(f"/api/v1/orders/{placed['id']}/confirm")).status_code == 200

    async def joined() -> bool:
        return bool((await seen(portal, NUMBER))["segments"] == [owners])

    await until(joined)
    assert [one["service"] for one in (await seen(portal, NUMBER))["subscriptions"]] == ["CRBT"]
    assert (await seen(portal, OTHER))["segments"] == []
    assert (await portal.delete(f"/api/v1/subscribers/{NUMBER}/subscriptions/CRBT")).status_code == 200

    async def left() -> bool:
        return sorted((await seen(portal, NUMBER))["segments"]) == sorted([owners, leavers])

    await until(left)
