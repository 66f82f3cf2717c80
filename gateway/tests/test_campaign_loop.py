"""The operators' side of the loop through HTTP: snapshots, segments, campaigns, links, the ledger's proof."""

import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Callable

from carillon_gateway.http.routers.snapshots import PIECE_BYTES
from carillon_gateway.testing.campaigns import LINK_TOKEN
from carillon_gateway.testing.harness import Gateway

CSV = b"msisdn,recency\n+8613800138000,6\n"
DICTIONARY = {"recency": {"type": "integer", "unit": "months", "description": "since the last purchase"}}


def plan(**overrides: object) -> dict[str, object]:
    body: dict[str, object] = {
        "name": "hillstrom-2008",
        "arms": [
            {"name": "holdout", "segment_id": str(uuid.UUID(int=1)), "holdout": True},
            {"name": "mens", "segment_id": str(uuid.UUID(int=2)), "template": "Hello {zip_code}: {link}"},
        ],
        "sender": "10086",
        "link_target": "https://portal.example/mens",
        "window_days": 14,
        "response_events": ["site_visit"],
        "conversion_services": ["crbt"],
        "reward": {"currency": "experience_points", "points_per_conversion": 100, "budget_points": 100000},
    }
    return body | overrides


async def test_a_snapshot_is_passed_on_with_its_header_whatever_the_order_of_its_fields(gateway: Gateway) -> None:
    operator = await gateway.signed_in("province_admin")
    fields = {"as_of": "2008-03-20", "kind": "subscribers", "dictionary": json.dumps(DICTIONARY)}
    after = await operator.post("/api/v1/snapshots", data=fields, files={"file": ("hillstrom.csv", CSV)})
    assert after.status_code == 202, after.text
    body = after.json()
    assert (body["state"], body["file_name"], body["as_of"]) == ("received", "hillstrom.csv", "2008-03-20")
    assert body["sha256"] == hashlib.sha256(CSV).hexdigest()
    assert after.headers["location"] == f"/api/v1/snapshots/{body['id']}"

    before = await operator.post("/api/v1/snapshots", files={"file": ("h.csv", CSV), "as_of": (None, b"2008-03-20")})
    assert before.status_code == 202, before.text
    headers = gateway.stand_ins.snapshots.headers
    assert [header.file_name for header in headers] == ["hillstrom.csv", "h.csv"]
    assert headers[0].dictionary[0].unit == "months"
    assert headers[1].kind == "subscribers"

    looked = await operator.get(after.headers["location"])
    assert looked.json() == body
    rejects = await operator.get(f"{after.headers['location']}/rejects")
    assert rejects.json()["rejects"][0]["reason"] == "WRONG_TYPE"


async def test_a_month_of_usage_and_a_list_say_what_they_are(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    usage = {"as_of": "2011-04-01", "kind": "usage", "month": "2011-03"}
    friends = {"as_of": "2011-04-01", "kind": "list", "name": "mobile friends"}
    bodies = []
    for fields in (usage, friends):
        response = await operator.post("/api/v1/snapshots", data=fields, files={"file": ("f.csv", CSV)})
        assert response.status_code == 202, response.text
        bodies.append(response.json())
    assert [(body["kind"], body["month"], body["name"]) for body in bodies] == [
        ("usage", "2011-03", None),
        ("list", None, "mobile friends"),
    ]


async def test_a_life_ends_over_http_by_who_loads_snapshots(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    path = "/api/v1/subscribers/13800138000/end-life"
    ended = await operator.post(path, json={"ended_on": "2011-03-31"})
    assert (ended.status_code, ended.json()) == (200, {"msisdn": "+8613800138000", "ended_on": "2011-03-31"})
    nobody = await operator.post("/api/v1/subscribers/13900139000/end-life", json={"ended_on": "2011-03-31"})
    assert (nobody.status_code, nobody.json()["reason"]) == (404, "SUBSCRIBER_UNKNOWN")
    wrong = await operator.post(path, json={"ended_on": "2011-02-30"})
    assert wrong.json()["errors"][0]["field"] == "ended_on"
    portal = await gateway.signed_in("portal")
    assert (await portal.post(path, json={"ended_on": "2011-03-31"})).status_code == 403


async def test_a_large_snapshot_travels_in_pieces(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    content = b"0123456789abcdef" * (3 * PIECE_BYTES // 16) + b"end"
    response = await operator.post(
        "/api/v1/snapshots", data={"as_of": "2008-03-20"}, files={"file": ("big.csv", content)}
    )
    assert response.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert gateway.stand_ins.snapshots.largest_piece == PIECE_BYTES


async def test_a_snapshot_with_wrong_fields_is_refused_by_the_field(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    good = {"as_of": "2008-03-20"}
    cases: list[tuple[dict[str, str], bool, str]] = [
        (good, False, "file"),
        ({"as_of": "20 March"}, True, "as_of"),
        ({}, True, "as_of"),
        (good | {"dictionary": "{"}, True, "dictionary"),
        (good | {"dictionary": '{"Recency": {"type": "integer"}}'}, True, "dictionary.Recency.[key]"),
        (good | {"dictionary": '{"recency": {"type": "money"}}'}, True, "dictionary.recency.type"),
        (good | {"kind": "letters"}, True, "header.kind"),
        (good | {"kind": "usage", "month": "March"}, True, "header.month"),
        (good | {"kind": "list", "name": "x" * 121}, True, "header.name"),
    ]
    for fields, with_file, field in cases:
        files = {"file": ("h.csv", CSV)} if with_file else {"other": ("h.csv", CSV)}
        response = await operator.post("/api/v1/snapshots", data=fields, files=files)
        assert response.status_code == 422, response.text
        assert response.json()["errors"][0]["field"] == field


async def test_a_snapshot_beyond_the_limit_is_refused(
    make_gateway: Callable[..., AsyncIterator[Gateway]],
) -> None:
    async for gateway in make_gateway(snapshot_limit_bytes=2048):
        operator = await gateway.signed_in("branch_operator")
        files = {"file": ("h.csv", b"x" * 4096)}
        response = await operator.post("/api/v1/snapshots", data={"as_of": "2008-03-20"}, files=files)
        assert (response.status_code, response.json()["reason"]) == (413, "BODY_TOO_LARGE")


async def test_a_segment_is_previewed_created_and_looked_at(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    attributes = (await operator.get("/api/v1/attributes")).json()["attributes"]
    assert attributes == [
        {
            "name": "recency",
            "type": "integer",
            "unit": "months",
            "description": "since the last purchase",
            "dimension": "",
        }
    ]
    preview = await operator.post("/api/v1/segments/preview", json={"rule": "recency <= 6"})
    assert preview.json() == {"count": 21307, "as_of": "2008-03-20", "took_ms": 3}
    created = await operator.post("/api/v1/segments", json={"name": "recent", "rule": "recency <= 6"})
    assert created.status_code == 201
    assert (await operator.get(created.headers["location"])).json() == created.json()


async def test_a_rule_that_cannot_be_read_is_refused_with_its_position(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    response = await operator.post("/api/v1/segments/preview", json={"rule": "1 < nope"})
    body = response.json()
    assert (response.status_code, body["reason"]) == (422, "RULE_UNKNOWN_ATTRIBUTE")
    assert body["errors"] == [
        {"field": "rule", "rule": "RULE_UNKNOWN_ATTRIBUTE", "detail": "line 1, column 5: no 'nope'"}
    ]


async def test_a_campaign_goes_from_plan_to_report_by_two_people(gateway: Gateway) -> None:
    maker, checker = await gateway.signed_in("branch_operator"), await gateway.signed_in("approver")

    created = await maker.post("/api/v1/campaigns", json=plan())
    assert created.status_code == 201, created.text
    path = created.headers["location"]
    assert created.json()["state"] == "draft"
    assert created.json()["branch"] == "guangzhou"
    assert created.json()["arms"][0] == {
        "name": "holdout", "segment_id": str(uuid.UUID(int=1)), "holdout": True, "template": "",
        "channel": None, "content": {}, "push": {}, "fallback": "", "cell": "",
    }  # fmt: skip

    assert (await maker.post(f"{path}/submit")).json()["state"] == "submitted"
    own = await maker.post(f"{path}/approve")
    assert (own.status_code, own.json()["reason"]) == (403, "ROLE_MISSING")
    assert (await checker.post(f"{path}/approve")).json()["approved_by"] == "test-approver"
    again = await checker.post(f"{path}/approve")
    assert (again.status_code, again.json()["reason"]) == (409, "CAMPAIGN_STATE")
    launched = await maker.post(f"{path}/launch")
    assert (launched.status_code, launched.json()["state"]) == (202, "launching")

    report = (await maker.get(f"{path}/report")).json()
    holdout, mens = report["arms"]
    assert (holdout["arm"], holdout["uplift"], holdout["response_rate"]) == ("holdout", None, 0.106167)
    assert holdout["conversion_rate"] == 0.005726
    assert mens["uplift"]["response_rate"] == {"estimate": 0.0766, "low": 0.0701, "high": 0.0831}
    assert set(report) == {"campaign_id", "name", "state", "as_of", "arms"}

    listed = (await maker.get("/api/v1/campaigns", params={"name": "hillstrom-2008"})).json()
    assert [one["name"] for one in listed["campaigns"]] == ["hillstrom-2008"]
    assert (await maker.get("/api/v1/campaigns", params={"name": "other"})).json()["campaigns"] == []


async def test_a_plan_says_what_it_answers_to_at_once(gateway: Gateway) -> None:
    """SEG-54: texts to 12520 and more digits; CHN-15: a cell that was entered."""
    maker = await gateway.signed_in("branch_operator")
    uplink = {"name": "uplink", "recipient": "12520*", "template": "Fetion: {link}", "unless_services": ["FETION"]}
    hall = {"name": "hall", "event": "cell_entered", "attributes": {"scene": "hall"}, "template": "The hall is near"}
    created = await maker.post("/api/v1/campaigns", json=plan(triggers=[uplink, hall]))
    assert created.status_code == 201, created.text
    blank = {"keyword": "", "recipient": "", "event": "", "attributes": {}, "template": "", "unless_services": []}
    assert created.json()["triggers"] == [blank | uplink, blank | hall]
    assert created.json()["progress"]["answers"] == 0
    refused = await maker.post("/api/v1/campaigns", json=plan(triggers=[uplink | {"recipient": "12520*1"}]))
    assert refused.status_code == 422, refused.text


async def test_arms_say_by_which_channel_they_are_told_and_what_follows(gateway: Gateway) -> None:
    maker = await gateway.signed_in("branch_operator")
    pictures = {
        "name": "pictures",
        "segment_id": str(uuid.UUID(int=1)),
        "template": "Tones",
        "channel": "mms",
        "content": {"resource": "tones"},
        "push": {"kind": "si", "href": "{link}"},
        "fallback": "Tones: {link}",
        "cell": "440-1",
    }
    plain = {"name": "plain", "segment_id": str(uuid.UUID(int=2)), "template": "Tones"}
    created = await maker.post("/api/v1/campaigns", json=plan(arms=[pictures, plain]))
    assert created.status_code == 201, created.text
    blank = {"holdout": False, "content": {}, "push": {}, "fallback": "", "cell": ""}
    assert created.json()["arms"] == [blank | pictures, blank | plain | {"channel": "sms"}]
    refused = await maker.post("/api/v1/campaigns", json=plan(arms=[pictures | {"channel": "pigeon"}]))
    assert refused.status_code == 422, refused.text


async def test_a_rejected_campaign_says_why(gateway: Gateway) -> None:
    maker, checker = await gateway.signed_in("branch_operator"), await gateway.signed_in("approver")
    path = (await maker.post("/api/v1/campaigns", json=plan(reward=None))).headers["location"]
    await maker.post(f"{path}/submit")
    rejected = await checker.post(f"{path}/reject", json={"reason": "budget"})
    assert (rejected.json()["state"], rejected.json()["rejection_reason"]) == ("rejected", "budget")
    assert (await maker.get(path)).json()["reward"] is None


async def test_a_tracked_link_redirects_and_an_unknown_one_is_not_found(gateway: Gateway) -> None:
    followed = await gateway.http.get(f"/r/{LINK_TOKEN}")
    assert followed.status_code == 302
    assert followed.headers["location"] == "https://portal.example/%E5%BD%A9%E9%93%83?from=sms"
    assert followed.headers["cache-control"] == "no-store"
    for token in ("Nobody12", "x", "a-b-c-d-e"):
        response = await gateway.http.get(f"/r/{token}")
        assert (response.status_code, response.json()["reason"]) == (404, "LINK_UNKNOWN")


async def test_the_ledger_is_proved_to_balance(gateway: Gateway) -> None:
    auditor = await gateway.signed_in("auditor")
    body = (await auditor.get("/api/v1/ledger/trial-balance")).json()
    assert body["balanced"] is True
    assert body["totals"][0]["sum"] == 0
    assert (body["transfers"], body["entries"]) == (2, 4)
