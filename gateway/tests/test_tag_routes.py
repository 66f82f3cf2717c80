"""Scenes and tags through HTTP, over real gRPC; the services behind are stand-ins."""

from carillon_gateway.testing.harness import Gateway

MSISDN = "+8613800138000"
SCENE = {"path": "circle/work", "confidence": 0.75, "window_days": 28, "least_days": 8, "weekdays": [1, 2, 3, 4, 5]}


async def test_the_province_chooses_scenes_and_their_cells(gateway: Gateway) -> None:
    admin = await gateway.signed_in("province_admin")
    assert (await admin.put("/api/v1/scenes/WORK", json=SCENE)).json()["to_hour"] == 24
    assert [one["code"] for one in (await admin.get("/api/v1/scenes")).json()["scenes"]] == ["WORK"]
    cells = {"cells": [{"cell": "cell-1", "scenes": ["WORK"]}, {"cell": "cell-2", "scenes": []}]}
    assert (await admin.post("/api/v1/cells", json=cells)).json() == {"cells": 2}
    assert (await admin.delete("/api/v1/scenes/WORK")).status_code == 204
    assert (await admin.delete("/api/v1/scenes/WORK")).json()["reason"] == "SCENE_NOT_FOUND"
    too_far = await admin.put("/api/v1/scenes/WORK", json={**SCENE, "window_days": 63})
    assert (too_far.status_code, too_far.json()["errors"][0]["field"]) == (422, "window_days")


async def test_tags_are_given_listed_refreshed_and_taken_back(gateway: Gateway) -> None:
    admin = await gateway.signed_in("province_admin")
    body = {"path": "music/classical", "segment_id": "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42", "confidence": 0.7}
    assert (await admin.post("/api/v1/tags", json=body)).json() == {"count": 10}
    listed = (await admin.get("/api/v1/tags")).json()["tags"]
    assert [(one["path"], one["count"]) for one in listed] == [("circle/work", 30), ("hall/few", None)]
    assert (await admin.post("/api/v1/tags/refresh")).status_code == 204
    assert (await admin.post("/api/v1/tags/remove", json={"path": "circle/work"})).status_code == 204
    assert (await admin.post("/api/v1/tags/remove", json={"path": "no"})).status_code == 404


async def test_a_subscriber_shows_tags_with_confidence(gateway: Gateway) -> None:
    agent = await gateway.signed_in("agent")
    subscriber = (await agent.get(f"/api/v1/subscribers/{MSISDN}")).json()
    assert subscriber["tags"] == [{"path": "circle/work", "confidence": 0.75, "observed_on": "2011-03-31"}]


async def test_scenes_are_the_provinces_alone(gateway: Gateway) -> None:
    operator = await gateway.signed_in("branch_operator")
    assert (await operator.put("/api/v1/scenes/WORK", json=SCENE)).status_code == 403
    assert (await operator.get("/api/v1/tags")).status_code == 200
