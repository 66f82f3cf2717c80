"""Turns of USSD, IVR and the hotline, and menus, through HTTP over real gRPC; svc-channel is stood in for."""

import pytest

from carillon_gateway.testing.harness import Gateway

TURN = {"msisdn": "13800138000", "session": "1f03", "op": "begin", "code": "*100#", "turn": "1"}
MENU = {"language": "zh", "start": "home", "nodes": {"home": {"kind": "text", "text": "你好"}}}


@pytest.mark.parametrize("channel", ["ussd", "ivr", "hotline"])
async def test_a_turn_goes_to_its_channels_menu_and_its_screen_comes_back(gateway: Gateway, channel: str) -> None:
    """CHN-12, CHN-11."""
    portal = await gateway.signed_in("portal")
    shown = await portal.post(f"/api/v1/channel/{channel}", json=TURN)
    assert shown.status_code == 200
    assert shown.json()["text"] == f"{channel} begin +8613800138000 *100# 1f03:1"
    assert shown.json()["op"] == "continue"
    gone = await portal.post(f"/api/v1/channel/{channel}", json=TURN | {"op": "abort"})
    assert (gone.json()["session_id"], gone.json()["op"]) == (None, "end")


async def test_a_turn_without_a_name_is_named_by_the_idempotency_key(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    body = {name: value for name, value in TURN.items() if name != "turn"}
    shown = await portal.post("/api/v1/channel/ussd", json=body, headers={"idempotency-key": "k-1"})
    assert shown.json()["text"].endswith("test-portal:k-1")


async def test_turns_that_nobody_could_take_are_refused(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    for wrong in ({"op": "dance"}, {"msisdn": "12"}, {"session": ""}, {"text": "x" * 501}, {"colour": "red"}):
        response = await portal.post("/api/v1/channel/ussd", json=TURN | wrong)
        assert response.status_code == 422, wrong
    assert (await (await gateway.signed_in("partner")).post("/api/v1/channel/ussd", json=TURN)).status_code == 403


async def test_the_province_puts_a_menu_and_others_read_it(gateway: Gateway) -> None:
    province, branch = await gateway.signed_in("province_admin"), await gateway.signed_in("branch_operator")
    assert (await province.get("/api/v1/menus/autumn")).status_code == 404
    put = await province.put("/api/v1/menus/autumn", json=MENU)
    assert (put.status_code, put.json()["version"], put.json()["nodes"]) == (200, 1, MENU["nodes"])
    assert (await branch.get("/api/v1/menus/autumn")).json()["start"] == "home"
    assert [menu["name"] for menu in (await branch.get("/api/v1/menus")).json()["menus"]] == ["autumn"]
    assert (await branch.put("/api/v1/menus/autumn", json=MENU)).status_code == 403
    stuck = await province.put("/api/v1/menus/autumn", json=MENU | {"start": "gone"})
    assert (stuck.status_code, stuck.json()["reason"]) == (422, "NODE_UNKNOWN")
    half = b'{"language": "zh", "start": "a", "nodes": {"a": {"kind": "text", "text": "\\ud800"}}}'
    headers = {"content-type": "application/json"}
    broken = await province.put("/api/v1/menus/autumn", content=half, headers=headers)
    assert (broken.status_code, broken.json()["reason"]) == (422, "MENU_UNREADABLE")


async def test_a_menu_is_pushed_by_who_may_send_messages(gateway: Gateway) -> None:
    """CHN-12."""
    branch = await gateway.signed_in("branch_operator")
    pushed = await branch.post("/api/v1/ussd-pushes", json={"msisdn": "13800138000", "code": "main-en"})
    assert (pushed.status_code, pushed.json()["text"]) == (202, "+8613800138000 main-en")
    assert (await branch.post("/api/v1/ussd-pushes", json={"msisdn": "1"})).status_code == 422
    portal = await gateway.signed_in("portal")
    assert (await portal.post("/api/v1/ussd-pushes", json={"msisdn": "13800138000"})).status_code == 403
