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


async def test_a_link_is_made_by_who_recommends_and_tapped_by_anybody(gateway: Gateway) -> None:
    """CHN-07: a page's reader has no token; the link's signature is the leave."""
    portal, nobody = await gateway.signed_in("portal"), gateway.http
    body = {"msisdn": "13800138000", "tone": "a600902", "valid_hours": 2}
    link = await portal.post("/api/v1/audition-links", json=body)
    assert (link.status_code, link.json()["expires_at"]) == (201, "1970-01-01T02:00:00Z")
    path = "/" + link.json()["url"].split("/", 3)[3]
    assert path.startswith("/a/a600902")
    tapped = await nobody.get(path)
    assert (tapped.status_code, tapped.headers["cache-control"]) == (200, "no-store")
    assert "12530019" in tapped.text
    for first, status, reason in (
        ("o", 410, "LINK_EXPIRED"),
        ("n", 404, "LINK_UNKNOWN"),
        ("q", 429, "TAPPED_TOO_OFTEN"),
        ("s", 409, "OUT_CALL_ABSENT"),
    ):
        refused = await nobody.get(f"/a/{first * 40}")
        assert (refused.status_code, refused.json()["reason"]) == (status, reason)
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await nobody.get("/a/short")).status_code == 404
    for wrong in ({"valid_hours": 0}, {"valid_hours": 169}, {"tone": ""}, {"msisdn": "1"}):
        assert (await portal.post("/api/v1/audition-links", json=body | wrong)).status_code == 422
    hall = await gateway.signed_in("hall_terminal")
    assert (await hall.post("/api/v1/audition-links", json=body)).status_code == 403
    assert (await nobody.post("/api/v1/audition-links", json=body)).status_code == 401
