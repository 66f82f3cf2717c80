"""What is written to our numbers, from the handset through all services as they are and back (CHN-06, CHN-30 to CHN-32)."""

from typing import Any

import httpx

from svc_channel.simulators.smsc.process import SmscProcess

from .campaigning import HELD_OUT, OUTSIDER, USER, received, write
from .house import House, until

QUERY, MENU = "0222290", "10658"
BRANCHES = '{"branch": {"type": "text", "description": "Whose the subscriber is"}}'


async def sold(house: House) -> list[tuple[Any, ...]]:
    """The registered volume, as the province sees it."""
    province = await house.as_role("province_admin")
    volumes = (await province.get("/api/v1/sales-volumes", params={"service": "CRBT"})).json()["volumes"]
    return [(one["touchpoint"], one["branch"], one["ordered"], one["active"]) for one in volumes]


async def order_at_portal(http: httpx.AsyncClient, number: str) -> None:
    """A ring-back tone that still waits for its confirmation."""
    body = {"msisdn": number, "service": "CRBT", "source": {"touchpoint": "portal"}}
    placed = await http.post("/api/v1/orders", json=body)
    assert placed.status_code == 201, placed.text


async def order_by_ussd(http: httpx.AsyncClient, number: str) -> None:
    """A ring-back tone from the menu, with its prices seen and confirmed."""
    for turn, (op, text) in enumerate([("begin", ""), ("input", "1"), ("input", "彩铃"), ("input", "1")]):
        body = {"msisdn": number, "session": "1", "op": op, "text": text, "code": "*100#", "turn": str(turn)}
        screen = (await http.post("/api/v1/channel/ussd", json=body)).json()
    assert "彩铃已办理成功" in screen["text"]


async def test_staff_ask_for_what_portals_sold_in_a_branch_and_nobody_else_hears_it(
    connected: House, smsc: SmscProcess
) -> None:
    people = [f"{OUTSIDER},guangzhou", f"{USER},shenzhen", f"{HELD_OUT},guangzhou"]
    await connected.load(["msisdn,branch", *people], dictionary=BRANCHES)
    province, portal = await connected.as_role("province_admin"), await connected.as_role("portal")
    assert (await province.put(f"/api/v1/text-desks/{QUERY}", json={"for_staff": True})).status_code == 200
    staff = {"staff_id": "s-1", "role": "agent"}
    assert (await province.put(f"/api/v1/staff-numbers/{HELD_OUT}", json=staff)).status_code == 200
    await order_at_portal(portal, OUTSIDER)
    await order_by_ussd(portal, USER)

    async def is_counted() -> bool:
        # The portal is Guangzhou's; who dials is of no branch, but the subscriber is.
        return await sold(connected) == [("PORTAL", "guangzhou", 1, 0), ("USSD", "shenzhen", 1, 1)]

    await until(is_counted)
    await write(smsc, HELD_OUT, USER, to=QUERY, text="销量 彩铃")

    def told() -> str:
        """The answer, which comes in two parts."""
        return "".join(received(smsc).get(HELD_OUT, []))

    async def is_answered() -> bool:
        return "shenzhen: 1/1/0" in told()

    await until(is_answered)
    assert "登记2 开通1 取消0" in told()
    assert not any("登记" in text for text in received(smsc).get(USER, []))
    # The same on a page, for a hall of Guangzhou its own branch alone.
    hall = await connected.as_role("hall_terminal")
    page = (await hall.get("/wap/staff", params={"q": "销量 彩铃"})).text
    assert "登记1 开通0 取消0" in page
    assert "shenzhen" not in page


async def test_a_subscriber_signs_in_by_sms_and_goes_on_by_wap(connected: House, smsc: SmscProcess) -> None:
    province, portal = await connected.as_role("province_admin"), await connected.as_role("portal")
    assert (await province.put(f"/api/v1/text-desks/{MENU}", json={"menu": "text-zh"})).status_code == 200
    signed_in = await connected.segment("signed in", "count_events('sign_in', 1) >= 1")
    for text, answer in (("hi", "欢迎"), ("4", "签到成功"), ("00", "欢迎")):
        answered = len(received(smsc).get(USER, []))
        await write(smsc, USER, to=MENU, text=text)

        async def is_answered(before: int = answered) -> bool:
            return len(received(smsc).get(USER, [])) > before

        await until(is_answered)
        assert received(smsc)[USER][-1].startswith(answer)

    async def is_seen() -> bool:
        shown = (await portal.get(f"/api/v1/subscribers/{USER}")).json()
        return signed_in in shown["segments"]

    await until(is_seen)
    page = await portal.get("/wap/menus/text-zh", headers={"x-msisdn": USER})
    assert page.headers["content-type"].startswith("application/vnd.wap.xhtml+xml")
    assert ">每日签到</a>" in page.text
