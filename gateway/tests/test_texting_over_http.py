"""Text desks and numbers of the staff through HTTP, over real gRPC; svc-channel is a stand-in (CHN-31)."""

import pytest

from carillon_gateway.testing.harness import Gateway


async def test_a_number_is_given_a_desk_shown_and_taken_away(gateway: Gateway) -> None:
    admin = await gateway.signed_in("province_admin")
    put = await admin.put("/api/v1/text-desks/0222290", json={"for_staff": True})
    desk = {"recipient": "0222290", "menu": "", "robot": "", "for_staff": True}
    assert (put.status_code, put.json()) == (200, desk)
    auditor = await gateway.signed_in("auditor")
    assert (await auditor.get("/api/v1/text-desks")).json() == {"desks": [desk]}
    assert (await admin.delete("/api/v1/text-desks/0222290")).status_code == 204
    again = await admin.delete("/api/v1/text-desks/0222290")
    assert (again.status_code, again.json()["reason"]) == (404, "TEXT_DESK_UNKNOWN")


async def test_a_number_of_the_staff_is_registered_shown_and_forgotten(gateway: Gateway) -> None:
    branch = await gateway.signed_in("branch_operator")
    body = {"staff_id": "s-7", "role": "agent", "branch": "guangzhou"}
    put = await branch.put("/api/v1/staff-numbers/13800138000", json=body)
    assert (put.status_code, put.json()) == (200, {"msisdn": "+8613800138000", **body})
    listed = (await branch.get("/api/v1/staff-numbers")).json()
    assert listed == {"staff": [{"msisdn": "+8613800138000", **body}], "next_page_token": None}
    assert (await branch.delete("/api/v1/staff-numbers/+8613800138000")).status_code == 204
    again = await branch.delete("/api/v1/staff-numbers/+8613800138000")
    assert (again.status_code, again.json()["reason"]) == (404, "STAFF_UNKNOWN")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/v1/text-desks/10*86", {"menu": "text-zh"}, "recipient"),
        ("/api/v1/text-desks/10086", {"menu": "No"}, "menu"),
        ("/api/v1/staff-numbers/12", {"staff_id": "s", "role": "agent"}, "msisdn"),
        ("/api/v1/staff-numbers/13800138000", {"staff_id": "s", "role": "portal"}, "role"),
        ("/api/v1/staff-numbers/13800138000", {"staff_id": "", "role": "agent"}, "staff_id"),
    ],
)
async def test_what_is_no_desk_and_no_staff_is_refused_by_its_field(
    gateway: Gateway, path: str, body: dict[str, str], field: str
) -> None:
    admin = await gateway.signed_in("province_admin")
    refused = await admin.put(path, json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_the_front_line_registers_nobody(gateway: Gateway) -> None:
    agent = await gateway.signed_in("agent")
    body = {"staff_id": "s-7", "role": "agent", "branch": "guangzhou"}
    assert (await agent.put("/api/v1/staff-numbers/13800138000", json=body)).status_code == 403
    assert (await agent.get("/api/v1/staff-numbers")).status_code == 403
