"""Scripts through HTTP, over real gRPC; svc-channel is a stand-in."""

import pytest

from carillon_gateway.testing.harness import Gateway

PATH = "/api/v1/scripts"
MSISDN = "13800138000"


async def test_an_agent_sees_what_to_say_why_and_at_which_prices(gateway: Gateway) -> None:
    """CHN-03, CHN-04, CHN-17, CHN-18."""
    asked = {"touchpoint": "INBOUND_10096", "situation": "bill_query", "msisdn": MSISDN}
    for role in ("agent", "hall_terminal", "portal"):
        said = (await (await gateway.signed_in(role)).get(PATH, params=asked)).json()
        assert said["script"] == {"code": "bill-medium-zh", "title": "查询话费时推荐", "text": None}
        [offer] = said["offers"]
        assert offer == {
            "service": "crbt",
            "name": "彩铃",
            "place": 2,
            "rule": "R1",
            "layer": 1,
            "principle": "飞信增量模型",
            "channels": ["HALL"],
            "advantage": False,
            "prices": {"premium": {"amount_fen": 0}, "ordinary": None, "non_member": None},
            "text": "彩铃",
        }
        assert said["shown"] == {"mms_sent": None, "age": "19"}


async def test_a_script_for_nobody_in_particular_and_no_script_at_all(gateway: Gateway) -> None:
    agent = await gateway.signed_in("agent")
    asked = {"touchpoint": "HALL", "situation": "after_service", "language": "en"}
    assert (await agent.get(PATH, params=asked)).json()["script"]["text"] == "en"
    asked = {"touchpoint": "HALL", "situation": "complaint", "msisdn": MSISDN}
    assert (await agent.get(PATH, params=asked)).json()["script"] is None


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"situation": "bill query"}, 422, "situation"),
        ({"situation": "nonsense"}, 404, "situation"),
        ({"language": "fr"}, 422, "language"),
        ({"touchpoint": ""}, 422, "touchpoint"),
        ({"msisdn": "12"}, 422, "msisdn"),
        ({"msisdn": None}, 422, "msisdn"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused_by_its_field(
    gateway: Gateway, wrong: dict[str, str | None], status: int, field: str
) -> None:
    asked = {"touchpoint": "HALL", "situation": "bill_query", "msisdn": MSISDN} | wrong
    params = {name: value for name, value in asked.items() if value is not None}
    refused = await (await gateway.signed_in("agent")).get(PATH, params=params)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, field)


async def test_the_province_keeps_the_library_and_branches_read_it(gateway: Gateway) -> None:
    """CHN-18, CHN-38: whom a script is for is data."""
    province, branch = await gateway.signed_in("province_admin"), await gateway.signed_in("branch_operator")
    where = "/api/v1/script-library/bill-medium-zh"
    [shipped] = (await branch.get("/api/v1/script-library")).json()["scripts"]
    assert (shipped["version"], shipped["audience"][0]["at_least"], shipped["audience"][0]["equals"]) == (0, 500, None)
    body = {name: shipped[name] for name in ("title", "touchpoints", "situation", "language", "shows", "rank")}
    wider = body | {
        "audience": [{"segment": "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"}, {"attribute": "age", "below": 26}]
    }
    put = await province.put(where, json=wider)
    assert (put.status_code, put.json()["version"]) == (200, 1)
    assert [one["below"] for one in put.json()["audience"]] == [None, 26]
    assert (await branch.get("/api/v1/script-library")).json()["scripts"] == [put.json()]
    assert (await branch.get("/api/v1/script-library", params={"situation": "complaint"})).json()["scripts"] == []
    assert (await branch.put(where, json=wider)).status_code == 403
    missing = await province.put("/api/v1/script-library/mine-zh", json=body)
    assert (missing.status_code, missing.json()["reason"]) == (409, "SCRIPT_TEXT_MISSING")
    for wrong in ({"rank": 0}, {"language": "fr"}, {"audience": [{"weight": 3}]}):
        assert (await province.put(where, json=body | wrong)).status_code == 422
    assert (await (await gateway.signed_in("agent")).get("/api/v1/script-library")).status_code == 403
