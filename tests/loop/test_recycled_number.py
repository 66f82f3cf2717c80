"""A number that is given back and granted anew: its next holder has nothing of the old life, in any service.

SEG-80: a profile is a person's, not a number's. All services as they are, through HTTP.
"""

from typing import Any

import httpx
import pytest

from .house import House, seen, until

NUMBER = "+8613800138001"
HOLDOUT = "+8613800138002"
FRIEND = "+8613800138003"
AGE = '{"age": {"type": "integer", "description": "Years"}}'
OLD, NEXT = 1, 4


def plan(treated: str, held_out: str) -> dict[str, Any]:
    return {
        "name": "spring",
        "arms": [
            {"name": "treated", "segment_id": treated, "holdout": False, "template": "Try it: {link}"},
            {"name": "holdout", "segment_id": held_out, "holdout": True, "template": ""},
        ],
        "sender": "10086",
        "link_target": "https://portal.example.com/offer",
        "window_days": 14,
        "response_events": ["visited"],
        "conversion_services": ["CRBT"],
        "reward": {"currency": "experience_points", "points_per_conversion": 100, "budget_points": 1000},
    }


async def launched(house: House, operator: httpx.AsyncClient) -> str:
    """The id of a campaign that has booked the old life and a hold-out; its message waits for the SMSC."""
    treated, held_out = await house.segment("treated", "age = 30"), await house.segment("held out", "age = 40")
    made = await operator.post("/api/v1/campaigns", json=plan(treated, held_out))
    assert made.status_code == 201, made.text
    campaign = f"/api/v1/campaigns/{made.json()['id']}"
    assert (await operator.post(f"{campaign}/submit")).status_code == 200
    approver = await house.as_role("approver")
    assert (await approver.post(f"{campaign}/approve")).status_code == 200
    assert (await operator.post(f"{campaign}/launch")).status_code in {200, 202}

    async def running() -> bool:
        return bool((await operator.get(campaign)).json()["state"] == "running")

    await until(running)
    return str(made.json()["id"])


async def order(http: httpx.AsyncClient, msisdn: str, service: str) -> dict[str, Any]:
    """A confirmed order."""
    placed = await place(http, msisdn, service)
    assert (await http.post(f"/api/v1/orders/{placed['id']}/confirm")).status_code == 200
    return placed


async def place(http: httpx.AsyncClient, msisdn: str, service: str) -> dict[str, Any]:
    body = {"msisdn": msisdn, "service": service, "amount": {"amount_fen": 500}, "source": {"touchpoint": "portal"}}
    placed = await http.post("/api/v1/orders", json=body)
    assert placed.status_code == 201, placed.text
    return dict(placed.json())


async def arms(http: httpx.AsyncClient, campaign: str) -> dict[str, tuple[int, int, int]]:
    report = (await http.get(f"/api/v1/campaigns/{campaign}/report")).json()
    return {arm["arm"]: (arm["subscribers"], arm["responded"], arm["converted"]) for arm in report["arms"]}


@pytest.mark.timeout(240)
async def test_a_recycled_number_gets_nothing_of_the_old_life(house: House) -> None:
    await house.load(["msisdn,age", f"{NUMBER},30", f"{HOLDOUT},40", f"{FRIEND},50"], dictionary=AGE)
    portal, operator = await house.as_role("portal"), await house.as_role("province_admin")
    owners = await house.segment("owners", "count_events('order_activated', 30, 'service' = 'CRBT') >= 1")
    campaign = await launched(house, operator)
    await order(portal, NUMBER, "CRBT")
    left_open = await place(portal, NUMBER, "MMS")

    async def rewarded() -> bool:
        view = await seen(portal, NUMBER)
        return [one["amount"] for one in view["balances"]] == [100] and owners in view["segments"]

    await until(rewarded)
    assert await arms(operator, campaign) == {"treated": (1, 0, 1), "holdout": (1, 0, 0)}

    ended = await operator.post(f"/api/v1/subscribers/{NUMBER}/end-life", json={"ended_on": "2026-01-01"})
    assert ended.status_code == 200, ended.text
    assert (await portal.get(f"/api/v1/subscribers/{NUMBER}")).status_code == 404

    async def known_everywhere() -> bool:
        told = [
            await house.value(service, "SELECT count(*) FROM ended_life WHERE subscriber_id = $1", OLD)
            for service in ("catalog", "campaign", "reward", "channel")
        ]
        return told == [1, 1, 1, 1]

    await until(known_everywhere)
    # What the old life began nobody can end for it, and what waited for the SMSC is not sent to the next holder.
    refused = await portal.post(f"/api/v1/orders/{left_open['id']}/confirm")
    assert refused.status_code == 409, refused.text
    assert await house.value("channel", "SELECT reason FROM message WHERE subscriber_id = $1", OLD) == "LIFE_ENDED"

    await house.load(["msisdn,age", f"{NUMBER},20"])
    view = await seen(portal, NUMBER)
    assert view["attributes"] == {"age": 20}
    assert [view[part] for part in ("tags", "segments", "subscriptions", "balances", "contacts")] == [[]] * 5
    statement = await portal.get(f"/api/v1/subscribers/{NUMBER}/ledger")
    assert statement.json()["entries"] == []

    # The next holder is in no arm: what they do is neither response nor conversion, and earns nothing.
    event = {"msisdn": NUMBER, "type": "visited", "at": "2026-11-22T00:00:00Z", "attributes": {}}
    assert (await portal.post("/api/v1/events", json=[event])).status_code == 202
    await order(portal, NUMBER, "CRBT")

    async def owns() -> bool:
        return owners in (await seen(portal, NUMBER))["segments"]

    await until(owns)
    assert await arms(operator, campaign) == {"treated": (1, 0, 1), "holdout": (1, 0, 0)}
    assert (await seen(portal, NUMBER))["balances"] == []
    # The ledger keeps the old life's points on its own accounts, which no number leads to.
    held = """
    SELECT owner FROM account JOIN balance ON balance.account = account.number WHERE kind = 'subscriber' AND amount > 0
    """
    assert await house.value("reward", held) == str(OLD)
    assert await house.value("segment", "SELECT max(subscriber_id) FROM number") == NEXT
