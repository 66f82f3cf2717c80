"""KTVs, halls and outlets through HTTP, with the gateway and svc-catalog as they are; svc-segment is a stand-in."""

import pytest

from .edge import Edge

MSISDN = "+8613800138000"
TONE = "600902000000"


async def test_a_ktv_orders_a_tone_by_its_code_and_the_order_says_which_ktv_it_was(edge: Edge) -> None:
    """CHN-37: what the song system embeds is the ordinary catalogue, match and order, with its outlet as the source."""
    branch, song_system = await edge.as_role("branch_operator"), await edge.as_role("portal")
    outlet = {"code": "KTV-0001", "name": "欢唱 KTV", "touchpoint": "ktv"}
    registered = await branch.post("/api/v1/outlets", json=outlet)
    assert (registered.status_code, registered.json()["touchpoint"]) == (201, "KTV")

    # What it shows: the services, a tone made of a song sung on site among them, and what this customer is recommended.
    assert (await song_system.get("/api/v1/services/KTV_CRBT")).json()["parent_code"] == "CRBT"
    recommended = (await song_system.get(f"/api/v1/subscribers/{MSISDN}/match")).json()["recommended"]
    assert recommended
    for service, plan in (("CRBT_DOWNLOAD", TONE), ("KTV_CRBT", "KTV-0001-recording-7")):
        body = {
            "msisdn": MSISDN,
            "service": service,
            "plan": plan,
            "source": {"touchpoint": "ktv", "outlet": "KTV-0001"},
        }
        placed = await song_system.post("/api/v1/orders", json=body)
        assert placed.status_code == 201, placed.text
        confirmed = (await song_system.post(f"/api/v1/orders/{placed.json()['id']}/confirm")).json()
        assert (confirmed["state"], confirmed["plan"]) == ("active", plan)
        assert (confirmed["source"]["touchpoint"], confirmed["source"]["outlet"]) == ("KTV", "KTV-0001")


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        ({"touchpoint": "KTV", "outlet": "KTV-0009"}, 404, "OUTLET_UNKNOWN"),
        ({"touchpoint": "KARAOKE"}, 404, "TOUCHPOINT_UNKNOWN"),
        ({"touchpoint": "RADIO", "outlet": "KTV-0001"}, 422, "OUTLET_ELSEWHERE"),
    ],
)
async def test_an_order_from_nowhere_is_refused(edge: Edge, source: dict[str, str], status: int, reason: str) -> None:
    branch, portal = await edge.as_role("branch_operator"), await edge.as_role("portal")
    await branch.post("/api/v1/outlets", json={"code": "KTV-0001", "name": "KTV", "touchpoint": "KTV"})
    body = {"msisdn": MSISDN, "service": "CRBT", "source": source}
    refused = await portal.post("/api/v1/orders", json=body)
    assert (refused.status_code, refused.json()["reason"]) == (status, reason)


async def test_the_touch_points_are_served_in_both_languages_with_what_they_are_for(edge: Edge) -> None:
    """CHN-01, CHN-05, CHN-39."""
    portal = await edge.as_role("portal")
    channels = {one["code"]: one for one in (await portal.get("/api/v1/channels")).json()["channels"]}
    eleven = [one for one in channels.values() if one["canonical"]]
    assert sorted(one["kind"] for one in eleven) == ["electronic"] * 8 + ["physical"] * 3
    assert {channels[code]["role"] for code in ("QUEUE_MACHINE", "AUTO_TRIGGER", "HALL")} == {"experience"}
    assert (channels["QUEUE_MACHINE"]["name_zh"], channels["QUEUE_MACHINE"]["name_en"]) == ("排队机", "Queue machine")
    # The hall's machines order as what they are.
    for machine in ("queue_machine", "auto_trigger"):
        body = {"msisdn": MSISDN, "service": "CRBT", "source": {"touchpoint": machine}}
        placed = (await (await edge.as_role("hall_terminal")).post("/api/v1/orders", json=body)).json()
        assert placed["source"]["touchpoint"] == machine.upper()


async def test_a_branch_follows_how_its_outlets_are_covered(edge: Edge) -> None:
    """CHN-34, CHN-40."""
    branch, auditor = await edge.as_role("branch_operator"), await edge.as_role("auditor")
    for number, touchpoint in enumerate(("SOCIAL_6STAR", "UNIVERSITY", "NET_CAFE")):
        outlet = {"code": f"GZ-{number}", "name": f"网点{number}", "touchpoint": touchpoint, "key": number < 2}
        assert (await branch.post("/api/v1/outlets", json=outlet)).status_code == 201
    visit = {"visited_on": "2009-03-02", "supervisor": "duan-7", "certification": "passed"}
    everything = {"product_cards": True, "publicity": True}
    assert (await branch.post("/api/v1/outlets/GZ-0/visits", json=visit | {"trained": 4})).status_code == 201
    assert (await branch.post("/api/v1/outlets/GZ-2/visits", json=visit | {"materials": everything})).status_code == 201
    empty = await branch.post("/api/v1/outlets/GZ-1/visits", json=visit | {"certification": None})
    assert (empty.status_code, empty.json()["reason"]) == (422, "VISIT_EMPTY")
    [covered] = (await auditor.get("/api/v1/outlets/coverage")).json()["branches"]
    assert covered == {
        "branch": "guangzhou",
        "outlets": 3,
        "key_outlets": 2,
        "key_trained": 1,
        "key_certified": 1,
        "with_product_cards": 1,
        "with_publicity": 1,
        "equipped": 1,
    }
