"""The hotline through HTTP over real gRPC; svc-channel is stood in for."""

from carillon_gateway.testing.harness import Gateway

DIRECTORY = {"tones": [{"short_code": "01", "tone": "600902000000", "title": "歌曲"}]}
WHERE = "/api/v1/directories/12530019"


async def test_directories_are_put_by_the_operator_and_read_by_portals(gateway: Gateway) -> None:
    """CHN-11, CHN-41."""
    branch, portal = await gateway.signed_in("branch_operator"), await gateway.signed_in("portal")
    put = await branch.put(f"{WHERE}?branch=guangzhou", json=DIRECTORY)
    assert (put.status_code, put.json()["branch"]) == (200, "guangzhou")
    read = (await portal.get(f"{WHERE}?branch=guangzhou")).json()
    assert read["number"] == "12530019"
    assert [(one["branch"], one["tones"]) for one in read["directories"]] == [("guangzhou", DIRECTORY["tones"])]
    assert (await portal.get(WHERE)).json()["directories"] == []
    assert (await portal.put(WHERE, json=DIRECTORY)).status_code == 403
    eleven = {"tones": [DIRECTORY["tones"][0] | {"short_code": str(code)} for code in range(11)]}
    assert (await branch.put(WHERE, json=eleven)).status_code == 422


async def test_an_audition_is_asked_for_and_looked_at(gateway: Gateway) -> None:
    """CHN-08."""
    portal = await gateway.signed_in("portal")
    asked = await portal.post("/api/v1/auditions", json={"msisdn": "13800138000", "tone": "600902000000"})
    assert (asked.status_code, asked.json()["state"], asked.json()["reason"]) == (202, "pending", None)
    assert (await portal.get(asked.headers["location"])).json()["id"] == asked.json()["id"]
    missing = await portal.get("/api/v1/auditions/0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42")
    assert (missing.status_code, missing.json()["reason"]) == (404, "AUDITION_UNKNOWN")
    for wrong in ({"msisdn": "12"}, {"tone": "a b"}, {"volume": 11}):
        body = {"msisdn": "13800138000", "tone": "600902000000", **wrong}
        assert (await portal.post("/api/v1/auditions", json=body)).status_code == 422
    partner = await gateway.signed_in("partner")
    assert (await partner.post("/api/v1/auditions", json={"msisdn": "13800138000", "tone": "1"})).status_code == 403
