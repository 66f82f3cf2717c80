"""Sales as counts through HTTP, over real gRPC; svc-catalog is a stand-in (CHN-30)."""

import pytest

from carillon_gateway.testing.harness import Gateway

PATH = "/api/v1/sales-volumes"


async def test_sales_are_counted_by_service_touch_point_and_branch(gateway: Gateway) -> None:
    hall = await gateway.signed_in("hall_terminal")
    answer = await hall.get(PATH)
    assert answer.json() == {
        "first_day": "2026-11-22",
        "last_day": "2026-11-22",
        "volumes": [
            {
                "service": "crbt",
                "touchpoint": "hall",
                "branch": "guangzhou",
                "ordered": 3,
                "active": 2,
                "cancelled": 1,
            },
            {"service": "news", "touchpoint": None, "branch": None, "ordered": 1, "active": 0, "cancelled": 0},
        ],
    }
    days = {"first_day": "2026-11-01", "last_day": "2026-11-30", "service": "news"}
    narrowed = (await hall.get(PATH, params=days)).json()
    assert (narrowed["first_day"], narrowed["last_day"]) == ("2026-11-01", "2026-11-30")
    assert [one["service"] for one in narrowed["volumes"]] == ["news"]


@pytest.mark.parametrize(
    ("params", "status", "field"),
    [
        ({"service": "nonsense"}, 404, "service"),
        ({"first_day": "yesterday"}, 422, "first_day"),
        ({"branch": "x" * 65}, 422, "branch[0]"),
    ],
)
async def test_what_cannot_be_counted_is_refused_by_its_field(
    gateway: Gateway, params: dict[str, str], status: int, field: str
) -> None:
    agent = await gateway.signed_in("agent")
    answer = await agent.get(PATH, params=params)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


async def test_a_portal_sees_no_sales(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    assert (await portal.get(PATH)).status_code == 403
