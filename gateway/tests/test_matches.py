"""Matching and classifications through HTTP, over real gRPC; the services behind are stand-ins."""

from carillon_gateway.audit.store import read_page
from carillon_gateway.testing.harness import Gateway
from carillon_gateway.testing.matches import MATCH_ID, RUN_ID

MSISDN = "+8613800138000"
RULE = {"code": "R9", "service": "CRBT", "layer": 4, "extract": "true", "channels": ["SMS"]}


async def test_the_province_keeps_the_library_and_matches_everyone(gateway: Gateway) -> None:
    admin = await gateway.signed_in("province_admin")
    early = await admin.post("/api/v1/match-rules", json=RULE)
    assert (early.status_code, early.json()["reason"]) == (404, "MATCH_SERVICE_UNKNOWN")
    put = await admin.put("/api/v1/match-services/CRBT", json={"owned_when": "has_crbt"})
    assert put.json() == {"code": "CRBT", "owned_when": "has_crbt", "terminal": ""}
    created = await admin.post("/api/v1/match-rules", json=RULE)
    assert (created.status_code, created.json()["priority"], created.json()["monthly_volume"]) == (201, 1, 0)
    taken = await admin.post("/api/v1/match-rules", json=RULE)
    assert (taken.status_code, taken.json()["reason"]) == (409, "MATCH_RULE_TAKEN")
    library = (await admin.get("/api/v1/match-rules")).json()
    assert ([one["code"] for one in library["services"]], [one["code"] for one in library["rules"]]) == (
        ["CRBT"],
        ["R9"],
    )

    asked = await admin.post("/api/v1/matches", json={"month": "2011-04"})
    assert (asked.status_code, asked.json()["state"], asked.json()["as_of"]) == (202, "queued", None)
    match = (await admin.get(f"/api/v1/matches/{MATCH_ID}")).json()
    assert (match["state"], match["covered"], match["shares"][0]["placed"]) == ("done", 8, [8, 0, 0])
    assert match["shares"][0]["hours"] == "09:00-21:00"
    assert (await admin.post("/api/v1/match-rules/R9/end")).status_code == 204
    assert (await admin.post("/api/v1/match-rules/R9/end")).status_code == 404


async def test_the_province_loads_the_shipped_library_and_hears_what_was_left_out(gateway: Gateway) -> None:
    admin, operator = await gateway.signed_in("province_admin"), await gateway.signed_in("branch_operator")
    loaded = await admin.post("/api/v1/match-rules/load")
    left_out = {"R6": "no attribute games_score"}
    assert (loaded.status_code, loaded.json()) == (200, {"services": 1, "rules": 1, "left_out": left_out})
    assert (await operator.post("/api/v1/match-rules/load")).status_code == 403


async def test_a_month_or_a_rule_that_says_nothing_is_refused_with_its_field(gateway: Gateway) -> None:
    admin = await gateway.signed_in("province_admin")
    month = await admin.post("/api/v1/matches", json={"month": "2011-13"})
    assert (month.status_code, month.json()["errors"][0]["field"]) == (422, "month")
    layer = await admin.post("/api/v1/match-rules", json={**RULE, "layer": 5})
    assert (layer.status_code, layer.json()["errors"][0]["field"]) == (422, "layer")
    channels = await admin.post("/api/v1/match-rules", json={**RULE, "channels": []})
    assert (channels.status_code, channels.json()["errors"][0]["field"]) == (422, "channels")


async def test_a_rules_hours_come_back_and_what_is_none_is_refused_with_its_field(gateway: Gateway) -> None:
    """SEG-66: beside the service, the volume and the channels a rule says in which hours of a day."""
    admin = await gateway.signed_in("province_admin")
    await admin.put("/api/v1/match-services/CRBT", json={})
    for code, hours in (("R1", "09:00-21:00"), ("R2", "20:00-00:30"), ("R3", None)):
        created = await admin.post("/api/v1/match-rules", json={**RULE, "code": code, "hours": hours})
        assert (created.status_code, created.json()["hours"]) == (201, hours)
    library = (await admin.get("/api/v1/match-rules")).json()
    assert [rule["hours"] for rule in library["rules"]] == ["09:00-21:00", "20:00-00:30", None]
    for hours in ("9-21", "09:00-24:00", ""):
        refused = await admin.post("/api/v1/match-rules", json={**RULE, "hours": hours})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "hours")


async def test_a_list_comes_as_a_file_and_a_refusal_as_a_problem(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    taken = await operator.get(f"/api/v1/matches/{MATCH_ID}/list", params={"rule": "R9", "numbers": "true"})
    assert (taken.status_code, taken.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert taken.text == "subscriber_id,rule\n1,R9\n"
    other = await operator.get(f"/api/v1/matches/{MATCH_ID}/list", params={"branch": "elsewhere"})
    assert (other.status_code, other.json()["reason"]) == (403, "OTHER_BRANCH")


async def test_who_takes_a_list_of_numbers_is_noted(gateway: Gateway) -> None:
    operator, agent = await gateway.signed_in("branch_operator"), await gateway.signed_in("agent")
    assert (await operator.get(f"/api/v1/matches/{MATCH_ID}/list", params={"numbers": "true"})).status_code == 200
    assert (await operator.get(f"/api/v1/class-runs/{RUN_ID}/lists/LOYAL")).status_code == 200
    assert (await agent.get(f"/api/v1/matches/{MATCH_ID}/list")).status_code == 403
    await gateway.flush()
    async with gateway.database.read() as unit:
        noted = [linked.entry for linked in await read_page(unit, after=0)]
    assert [(one.action, one.role, one.outcome) for one in noted if one.action.endswith("_list")] == [
        ("get_match_list", "branch_operator", 200),
        ("get_class_list", "branch_operator", 200),
        ("get_match_list", "agent", 403),
    ]


async def test_who_talks_to_a_subscriber_sees_what_is_recommended_and_why(gateway: Gateway) -> None:
    for role in ("agent", "hall_terminal", "portal"):
        client = await gateway.signed_in(role)
        match = (await client.get(f"/api/v1/subscribers/{MSISDN}/match")).json()
        assert [(one["service"], one["place"], one["hours"]) for one in match["recommended"]] == [
            ("CRBT", 1, "09:00-21:00")
        ]
        assert [(one["service"], one["verdict"], one["hours"]) for one in match["others"]] == [
            ("FETION", "owned", None)
        ]


async def test_classes_are_counted_by_city_listed_and_changed(gateway: Gateway) -> None:
    admin = await gateway.signed_in("province_admin")
    listed = (await admin.get("/api/v1/classifications")).json()["classifications"][0]
    assert (listed["code"], listed["version"], listed["classes"][0]["text_zh"]) == ("fetion", 1, "忠实用户")
    change = {"classes": listed["classes"], "steps": listed["steps"]}
    assert (await admin.put("/api/v1/classifications/fetion", json=change)).json()["version"] == 2
    asked = await admin.post("/api/v1/classifications/fetion/runs", json={})
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    run = (await admin.get(f"/api/v1/class-runs/{RUN_ID}")).json()
    assert run["counts"][0]["branches"] == [{"branch": "east", "count": 3}]
    numbers = await admin.get(f"/api/v1/class-runs/{RUN_ID}/lists/LOYAL", params={"branch": "east"})
    assert numbers.text == f"msisdn\n{MSISDN}\n"
    (monthly,) = (await admin.get("/api/v1/monthly-runs")).json()["runs"]
    assert (monthly["kind"], monthly["run_id"], monthly["problem"]) == ("match", None, "the usage is not loaded")
    agent = await gateway.signed_in("agent")
    classes = (await agent.get(f"/api/v1/subscribers/{MSISDN}/classes")).json()["classes"]
    assert [(one["code"], one["result"]) for one in classes] == [("fetion", "LOYAL")]


async def test_libraries_are_the_provinces_and_lists_are_not_for_those_who_do_not_dial(gateway: Gateway) -> None:
    operator, agent = await gateway.signed_in("branch_operator"), await gateway.signed_in("agent")
    refused = [
        await operator.post("/api/v1/match-rules", json=RULE),
        await operator.post("/api/v1/matches", json={}),
        await operator.put("/api/v1/classifications/fetion", json={}),
        await agent.get(f"/api/v1/matches/{MATCH_ID}/list"),
        await agent.get(f"/api/v1/class-runs/{RUN_ID}/lists/LOYAL"),
    ]
    assert [response.status_code for response in refused] == [403] * len(refused)
