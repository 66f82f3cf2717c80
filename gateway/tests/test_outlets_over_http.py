"""Touch points and outlets through HTTP, over real gRPC; svc-catalog is a stand-in."""

import pytest

from carillon_gateway.testing.harness import Gateway

OUTLET = {"code": "KTV-0001", "name": "欢唱 KTV", "touchpoint": "KTV", "key": True}
VISIT = {
    "visited_on": "2009-03-02",
    "supervisor": "duan-7",
    "trained": 4,
    "certification": "passed",
    "materials": {"product_cards": True, "publicity": False},
}


async def test_everybody_reads_the_touch_points_and_what_they_are_for(gateway: Gateway) -> None:
    """CHN-01, CHN-05."""
    for role in ("portal", "hall_terminal", "affiliate"):
        channels = (await (await gateway.signed_in(role)).get("/api/v1/channels")).json()["channels"]
        assert [one["code"] for one in channels] == ["HALL", "RADIO"]
    assert (channels[0]["name_zh"], channels[0]["role"], channels[0]["contact"]) == ("服务厅", "experience", "active")
    assert (channels[1]["kind"], channels[1]["role"], channels[1]["contact"]) == (None, None, None)


async def test_a_branch_registers_an_outlet_changes_it_and_books_visits(gateway: Gateway) -> None:
    """CHN-34, CHN-37, CHN-40."""
    branch, auditor = await gateway.signed_in("branch_operator"), await gateway.signed_in("auditor")
    registered = await branch.post("/api/v1/outlets", json=OUTLET)
    assert (registered.status_code, registered.headers["location"]) == (201, "/api/v1/outlets/KTV-0001")
    assert (registered.json()["branch"], registered.json()["stage"]) == ("guangzhou", "publicity")
    again = await branch.post("/api/v1/outlets", json=OUTLET)
    assert (again.status_code, again.json()["reason"]) == (409, "OUTLET_TAKEN")

    visited = await branch.post("/api/v1/outlets/KTV-0001/visits", json=VISIT)
    assert visited.status_code == 201
    assert {key: visited.json()["visit"][key] for key in VISIT} == VISIT
    assert visited.json()["outlet"]["certified_on"] == "2009-03-02"
    visits = (await auditor.get("/api/v1/outlets/KTV-0001/visits")).json()["visits"]
    assert [one["recorded_by"] for one in visits] == ["test-branch-operator"]

    known = {"name": "欢唱", "key": True, "stars": 0, "alliance": True, "stage": "direct_sales"}
    changed = (await branch.put("/api/v1/outlets/KTV-0001", json=known)).json()
    assert {key: changed[key] for key in known} == known
    listed = (await auditor.get("/api/v1/outlets", params={"touchpoint": "KTV"})).json()["outlets"]
    assert listed == [changed]
    assert (await auditor.get("/api/v1/outlets", params={"touchpoint": "NET_CAFE"})).json()["outlets"] == []
    covered = (await auditor.get("/api/v1/outlets/coverage")).json()["branches"]
    assert [(one["branch"], one["key_outlets"], one["key_certified"]) for one in covered] == [
        (None, 0, 0),
        ("guangzhou", 45, 40),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "ktv 1"}, "code"),
        ({"stars": 7}, "stars"),
        ({"stage": "closed"}, "stage"),
        ({"volume": 11}, "volume"),
    ],
)
async def test_an_outlet_that_is_none_is_refused_by_its_field(
    gateway: Gateway, body: dict[str, object], field: str
) -> None:
    branch = await gateway.signed_in("branch_operator")
    refused = await branch.post("/api/v1/outlets", json=OUTLET | body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_who_only_sells_keeps_no_outlets(gateway: Gateway) -> None:
    for role in ("portal", "hall_terminal", "agent", "partner"):
        client = await gateway.signed_in(role)
        assert (await client.get("/api/v1/outlets")).status_code == 403
        assert (await client.post("/api/v1/outlets", json=OUTLET)).status_code == 403
    auditor = await gateway.signed_in("auditor")
    assert (await auditor.post("/api/v1/outlets/KTV-0001/visits", json=VISIT)).status_code == 403
