"""Events through HTTP: good ones are booked, bad ones told by their index, whatever is wrong with them."""

from carillon_gateway.testing.harness import Gateway

GOOD = {"msisdn": "+8613800138000", "type": "site_visit", "at": "2008-03-21T08:00:00+08:00"}


async def test_good_events_are_booked_and_bad_ones_told_by_their_index(gateway: Gateway) -> None:
    partner = await gateway.signed_in("partner")
    batch = [
        GOOD | {"attributes": {"page": "/mens", "seconds": 12, "first": True}},
        GOOD | {"at": "2008-03-21T08:00:00"},
        GOOD | {"msisdn": "+8613900139000"},
        "nonsense",
        GOOD | {"type": ""},
        GOOD,
        {"type": "site_visit"},
        GOOD | {"at": "0001-01-01T00:00:00+14:00"},
    ]
    response = await partner.post("/api/v1/events", json=batch)
    assert response.status_code == 202
    body = response.json()
    assert body["accepted"] == 2
    assert [(one["index"], one["field"]) for one in body["rejected"]] == [
        (1, "at"),
        (2, "msisdn"),
        (3, ""),
        (4, "type"),
        (6, "msisdn"),
        (7, "at"),
    ]
    booked = gateway.stand_ins.events.booked
    assert dict(booked[0].attributes) == {"page": "/mens", "seconds": "12", "first": "true"}
    assert booked[0].at.ToJsonString() == "2008-03-21T00:00:00Z"


async def test_a_call_of_only_bad_events_books_nothing(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    response = await portal.post("/api/v1/events", json=[None, 7])
    assert (response.status_code, response.json()["accepted"]) == (202, 0)
    assert len(response.json()["rejected"]) == 2


async def test_a_thousand_events_are_taken_and_one_more_is_refused(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    full = await portal.post("/api/v1/events", json=[GOOD] * 1000)
    assert full.json() == {"accepted": 1000, "rejected": []}
    for batch in ([GOOD] * 1001, []):
        response = await portal.post("/api/v1/events", json=batch)
        assert (response.status_code, response.json()["reason"]) == (422, "EVENTS_COUNT")


async def test_shared_mails_and_reposted_microblogs_are_events_like_all_others(gateway: Gateway) -> None:
    """CHN-28: a campaign shared by mail. CHN-29: a post of the zone that was passed on."""
    partner = await gateway.signed_in("partner")
    campaign = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
    shared = GOOD | {"type": "mail_shared", "attributes": {"campaign_id": campaign, "recipients": 3}}
    reposted = GOOD | {"type": "microblog_reposted", "attributes": {"campaign_id": campaign, "post": "p-1"}}
    response = await partner.post("/api/v1/events", json=[shared, reposted])
    assert response.json() == {"accepted": 2, "rejected": []}
    booked = [(one.type, dict(one.attributes)) for one in gateway.stand_ins.events.booked]
    assert booked == [
        ("mail_shared", {"campaign_id": campaign, "recipients": "3"}),
        ("microblog_reposted", {"campaign_id": campaign, "post": "p-1"}),
    ]
