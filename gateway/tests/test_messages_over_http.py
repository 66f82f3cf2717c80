"""Single messages, consents, templates and rules of contact through HTTP; svc-channel is a stand-in."""

from typing import Any

import pytest

from carillon_gateway.testing.harness import Gateway
from carillon_gateway.testing.messaging import FORBIDDEN, MESSAGE_ID, TEMPLATE_ID

MSISDN = "+8613800138000"
MESSAGES = "/api/v1/messages"
CONSENTS = f"/api/v1/subscribers/{MSISDN}/consents"


async def test_a_message_is_sent_and_looked_at(gateway: Gateway) -> None:
    ops, auditor = await gateway.signed_in("branch_operator"), await gateway.signed_in("auditor")
    sent = await ops.post(MESSAGES, json={"to": "13800138000", "channel": "sms", "content": "您好"})
    assert (sent.status_code, sent.json()["state"], sent.json()["class"]) == (201, "queued", "service")
    path = f"{MESSAGES}/{sent.json()['id']}"
    assert (await ops.get(path)).json()["text"] == "您好"
    masked = (await auditor.get(path)).json()
    assert (masked["text"], masked["state"]) == (None, "queued")
    assert masked["failed_steps"] == [
        {"channel": "mms", "reason": "HANDSET_INCAPABLE", "at": masked["failed_steps"][0]["at"]}
    ]


async def test_a_message_from_a_template_falls_back_to_plainer_channels(gateway: Gateway) -> None:
    ops = await gateway.signed_in("branch_operator")
    body = {
        "to": MSISDN,
        "channel": "mms",
        "class": "marketing",
        "category": "music",
        "content": {"template": "welcome", "values": {"fee": 500, "who": "Ann"}},
        "fallback": [{"channel": "sms", "content": "plain"}],
        "expires_at": "2026-12-01T00:00:00+08:00",
    }
    sent = (await ops.post(MESSAGES, json=body)).json()
    assert (sent["class"], sent["category"], sent["fallback"]) == ("marketing", "music", ["sms"])
    assert sent["text"] == "{'fee': 500, 'who': 'Ann'}"
    assert sent["expires_at"] == "2026-11-30T16:00:00Z"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"to": "12"}, 422, "to"),
        ({"to": "+8613900139000"}, 404, "to"),
        ({"channel": "fax"}, 422, "channel"),
        ({"class": "urgent"}, 422, "class"),
        ({"content": ""}, 422, "content"),
        ({"content": FORBIDDEN}, 422, "content"),
        ({"sender": "Carillon"}, 422, "sender"),
        ({"expires_at": "tomorrow"}, 422, "expires_at"),
        ({"more": 1}, 422, "more"),
    ],
)
async def test_a_message_that_can_not_be_is_refused_with_its_field(
    gateway: Gateway, change: dict[str, Any], status: int, field: str
) -> None:
    ops = await gateway.signed_in("branch_operator")
    refused = await ops.post(MESSAGES, json={"to": MSISDN, "content": "hi", **change})
    assert refused.status_code == status
    assert {error["field"].partition(".")[0] for error in refused.json()["errors"]} == {field}


async def test_a_message_nobody_sent_is_unknown_and_a_portal_sends_none(gateway: Gateway) -> None:
    ops, portal = await gateway.signed_in("branch_operator"), await gateway.signed_in("portal")
    assert (await ops.get(f"{MESSAGES}/{MESSAGE_ID}")).json()["reason"] == "MESSAGE_UNKNOWN"
    assert (await portal.post(MESSAGES, json={"to": MSISDN, "content": "hi"})).json()["reason"] == "ROLE_MISSING"


async def test_a_portal_books_what_a_subscriber_withdraws_and_everybody_reads_the_proof(gateway: Gateway) -> None:
    portal, auditor = await gateway.signed_in("portal"), await gateway.signed_in("auditor")
    body = {"scope": "all", "state": "withdrawn", "evidence": "portal 17", "text": "no more, please"}
    booked = await portal.post(CONSENTS, json=body)
    assert (booked.status_code, booked.json()["number"], booked.json()["actor"]) == (201, 1, "test-portal")
    listed = (await auditor.get(CONSENTS)).json()
    assert listed["current"] == listed["entries"] == [booked.json()]
    assert (listed["current"][0]["state"], listed["current"][0]["source"]) == ("withdrawn", "operator")
    refused = await portal.post(CONSENTS, json=body | {"scope": "everything"})
    assert (refused.status_code, refused.json()["reason"]) == (422, "SCOPE_INVALID")
    assert (await auditor.post(CONSENTS, json=body)).json()["reason"] == "ROLE_MISSING"
    unknown = await portal.get("/api/v1/subscribers/+8613900139000/consents")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "SUBSCRIBER_UNKNOWN")


async def test_a_template_is_made_seen_and_approved_by_somebody_else(gateway: Gateway) -> None:
    ops, approver = await gateway.signed_in("branch_operator"), await gateway.signed_in("approver")
    admin = await gateway.signed_in("province_admin")
    made = await ops.post("/api/v1/templates", json={"name": "welcome", "text": "{fee:money}"})
    assert (made.status_code, made.json()["state"], made.json()["preview"]["cost"]) == (
        201,
        "draft",
        {"amount_fen": 10},
    )
    path = f"/api/v1/templates/{TEMPLATE_ID}"
    seen = await ops.post(f"{path}/preview", json={"values": {"fee": 500}})
    assert (seen.json()["text"], seen.json()["encoding"], seen.json()["segments"]) == ("fee=500", "ucs2", 1)
    huge = await ops.post(f"{path}/preview", json={"values": {"fee": 2**80}})
    assert huge.json()["text"] == f"fee={2**80}"
    assert (await ops.post(f"{path}/approve", json={})).json()["reason"] == "ROLE_MISSING"
    approved = await approver.post(f"{path}/approve", json={})
    assert (approved.json()["state"], approved.json()["judged_by"]) == ("approved", "test-approver")
    await admin.post("/api/v1/templates", json={"name": "welcome", "text": "{fee:money}"})
    own = await admin.post(f"{path}/reject", json={"judgement": "mine"})
    assert (own.status_code, own.json()["reason"]) == (403, "FOUR_EYES")
    assert (await approver.get(path)).json()["state"] == "draft"
    assert [one["name"] for one in (await approver.get("/api/v1/templates")).json()["templates"]] == ["welcome"]


async def test_the_rules_of_contact_are_put_listed_and_ended(gateway: Gateway) -> None:
    admin, auditor = await gateway.signed_in("province_admin"), await gateway.signed_in("auditor")
    hours = {"class": "marketing", "starts": "21:00", "ends": "08:00"}
    put = await admin.put("/api/v1/quiet-hours", json=hours)
    assert put.json()["quiet_hours"] == [hours | {"channel": None}]
    assert (await admin.put("/api/v1/quiet-hours", json=hours | {"starts": "25:00"})).status_code == 422
    assert (await admin.put("/api/v1/quiet-hours", json=hours | {"ended": True})).json()["quiet_hours"] == []
    vote = {"name": "vote", "match": "fuzzy", "word": "hillstrom", "threshold": 80}
    kept = await admin.post("/api/v1/keywords", json=vote)
    assert (kept.status_code, kept.json()["action"], kept.json()["threshold"]) == (201, "tell", 80)
    assert len((await auditor.get("/api/v1/keywords")).json()["keywords"]) == 1
    assert (await admin.delete("/api/v1/keywords/1")).json()["name"] == "vote"
    assert (await admin.delete("/api/v1/keywords/1")).json()["reason"] == "KEYWORD_UNKNOWN"
    word = {"word": FORBIDDEN, "reason": "no superlatives"}
    assert (await admin.post("/api/v1/forbidden-words", json=word)).json() == word
    assert (await auditor.get("/api/v1/forbidden-words")).json() == {"forbidden_words": [word]}
    assert (await admin.delete("/api/v1/forbidden-words", params={"word": FORBIDDEN})).json() == word
    gone = await admin.delete("/api/v1/forbidden-words", params={"word": FORBIDDEN})
    assert (gone.status_code, gone.json()["reason"]) == (404, "FORBIDDEN_WORD_UNKNOWN")
