"""Reward reports and fulfilment through HTTP, over real gRPC; the services behind are stand-ins (RWD-01..03)."""

import uuid

import pytest

from carillon_gateway.testing.fulfilments import REPORT_FILE
from carillon_gateway.testing.harness import Gateway

REPORT = {
    "campaign": "stars",
    "stage": "2026-11",
    "prizes": ["migu-doll"],
    "credits": [{"prize": "card", "worth": {"amount_fen": 1000}}],
}


@pytest.fixture
async def issued(gateway: Gateway) -> str:
    """The path of a report with one item."""
    response = await (await gateway.signed_in("province_admin")).post("/api/v1/reward-reports", json=REPORT)
    assert response.status_code == 201, response.text
    return str(response.headers["location"])


async def test_the_province_reports_and_everybody_who_may_sees_how_far_it_is(gateway: Gateway, issued: str) -> None:
    (request,) = gateway.stand_ins.fulfilments.issued
    assert [(one.prize, one.fen) for one in request.credits] == [("card", 1000)]
    for role in ("province_admin", "branch_operator", "approver", "auditor"):
        client = await gateway.signed_in(role)
        report = (await client.get(issued)).json()
        (listed,) = (await client.get("/api/v1/reward-reports", params={"campaign": "stars"})).json()["reports"]
        assert listed == report
        assert (report["state"], report["items"], report["issued_by"]) == ("issued", 1, report["issued_by"])
        (city,) = report["cities"]
        assert city["prizes"][0]["states"] == [
            {"state": "reported", "items": 1, "quantity": 1, "phone_credit": {"amount_fen": 0}}
        ]
    foreign = await client.get("/api/v1/reward-reports", params={"campaign": "stars", "city": "shenzhen"})
    assert (foreign.status_code, foreign.json()["reason"]) == (403, "BRANCH_FOREIGN")


async def test_the_file_comes_whole(gateway: Gateway, issued: str) -> None:
    file = await (await gateway.signed_in("auditor")).get(f"{issued}/file")
    assert (file.status_code, file.content, file.headers["content-type"]) == (
        200,
        REPORT_FILE,
        "text/csv; charset=utf-8",
    )
    assert "attachment" in file.headers["content-disposition"]


async def test_a_city_verifies_hands_over_and_sees_whom_to_call(gateway: Gateway, issued: str) -> None:
    city = await gateway.signed_in("branch_operator")
    report_id = issued.rsplit("/", 1)[1]
    (item,) = (await city.get("/api/v1/fulfilments", params={"report": report_id})).json()["fulfilments"]
    assert (item["state"], item["city"], item["verified_by"]) == ("reported", "guangzhou", None)
    assert "subscriber_id" not in item
    path = f"/api/v1/fulfilments/{item['id']}"
    early = await city.post(f"{path}/complete", json={"reference": "SF-1"})
    assert (early.status_code, early.json()["reason"]) == (409, "FULFILMENT_STATE")
    assert (await city.post(f"{path}/verify")).json()["state"] == "verified"
    done = await city.post(f"{path}/complete", json={"reference": "SF-1"})
    assert (done.status_code, done.json()["state"], done.json()["reference"]) == (200, "completed", "SF-1")
    detail = (await city.get(path)).json()
    assert detail["fulfilment"] == done.json()
    assert detail["msisdn"] == "+8613800138000"
    assert detail["problem"] is None
    assert [step["step"] for step in detail["steps"]] == ["report"]
    params = {"report": report_id, "state": "reported"}
    assert (await city.get("/api/v1/fulfilments", params=params)).json()["fulfilments"] == []


async def test_a_failed_item_is_reported_again_by_the_province_alone(gateway: Gateway, issued: str) -> None:
    city, province = await gateway.signed_in("branch_operator"), await gateway.signed_in("province_admin")
    params = {"report": issued.rsplit("/", 1)[1]}
    (item,) = (await city.get("/api/v1/fulfilments", params=params)).json()["fulfilments"]
    path = f"/api/v1/fulfilments/{item['id']}"
    assert (await city.post(f"{path}/fail", json={"reason": ""})).status_code == 422
    failed = await city.post(f"{path}/fail", json={"reason": "moved away"})
    assert (failed.json()["state"], failed.json()["reason"]) == ("failed", "moved away")
    assert (await city.post(f"{path}/report-again", json={"city": "foshan"})).status_code == 403
    again = await province.post(f"{path}/report-again", json={"city": "foshan", "note": "moved in May"})
    assert (again.json()["state"], again.json()["city"], again.json()["attempt"]) == ("reported", "foshan", 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [("stage", "a b"), ("campaign", ""), ("prizes", ["a b"]), ("sales", ["x"]), ("more", 1)],
)
async def test_a_report_of_the_wrong_shape_is_refused_by_its_field(gateway: Gateway, field: str, value: object) -> None:
    province = await gateway.signed_in("province_admin")
    refused = await province.post("/api/v1/reward-reports", json=REPORT | {field: value})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith(field)


async def test_what_nobody_knows_is_not_found_and_who_may_not_is_refused(gateway: Gateway, issued: str) -> None:
    province = await gateway.signed_in("province_admin")
    for path in (f"/api/v1/reward-reports/{uuid.uuid4()}", f"/api/v1/fulfilments/{uuid.uuid4()}"):
        assert (await province.get(path)).status_code == 404
    assert (await province.get("/api/v1/reward-reports")).status_code == 422
    city = await gateway.signed_in("branch_operator")
    assert (await city.post("/api/v1/reward-reports", json=REPORT)).status_code == 403
    assert (await (await gateway.signed_in("portal")).get(issued)).status_code == 403


async def test_a_mailing_goes_to_the_members_of_a_segment(gateway: Gateway) -> None:
    province = await gateway.signed_in("province_admin")
    body = {
        "campaign": "club",
        "stage": "spring",
        "code": "leaflet",
        "name": "会员权益",
        "segment_id": str(uuid.UUID(int=1)),
    }
    mailed = await province.post("/api/v1/reward-reports/mailings", json=body)
    assert (mailed.status_code, mailed.json()["state"], mailed.json()["items"]) == (201, "placing", 2), mailed.text
    (request,) = gateway.stand_ins.fulfilments.mailed
    assert (list(request.subscriber_ids), request.name) == ([7, 91], "会员权益")
    city = await gateway.signed_in("branch_operator")
    assert (await city.post("/api/v1/reward-reports/mailings", json=body)).status_code == 403
    wrong = await province.post("/api/v1/reward-reports/mailings", json=body | {"segment_id": "x"})
    assert wrong.json()["errors"][0]["field"] == "segment_id"


async def test_a_city_verifies_and_hands_over_a_whole_list(gateway: Gateway, issued: str) -> None:
    city = await gateway.signed_in("branch_operator")
    assert (await city.post(f"{issued}/verify", json={})).json() == {"items": 1, "more": False}
    done = await city.post(f"{issued}/complete", json={"prize": "phone", "reference": "LIST-1"})
    assert done.json() == {"items": 1, "more": True}
    params = {"report": issued.rsplit("/", 1)[1], "state": "completed"}
    (item,) = (await city.get("/api/v1/fulfilments", params=params)).json()["fulfilments"]
    assert item["reference"] == "LIST-1"
    assert (await city.post(f"{issued}/complete", json={"prize": "phone", "reference": ""})).status_code == 422
    assert (await (await gateway.signed_in("auditor")).post(f"{issued}/verify", json={})).status_code == 403
