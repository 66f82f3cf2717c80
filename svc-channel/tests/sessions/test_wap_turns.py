"""Menus by WAP: a page that is old by now answers no question of today; staff read on a page what they read by SMS."""

import pytest

from carillon.catalog.v1 import sales_pb2
from carillon.channel.v1 import session_pb2, texting_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, acting_as

from .desk import Desk
from .mailbox import Mailbox
from .talker import Talk

BEGIN = session_pb2.TURN_KIND_BEGIN
HALL = Identity(subject="hall-1", roles=frozenset({"hall_terminal"}), branch="foshan")


async def tap(desk: Desk, text: str, after: session_pb2.TakeTurnResponse) -> session_pb2.TakeTurnResponse:
    """A link of a page; tapped again it is the same turn."""
    return await desk.turn(text, channel="wap", session="main-en", request_id=f"{after.turn}/{text}", after=after.turn)


async def test_an_old_pages_link_shows_where_the_session_stands_and_orders_nothing(desk: Desk) -> None:
    home = await desk.turn("", channel="wap", session="main-en", kind=BEGIN, code="main-en")
    assert home.turn
    services = await tap(desk, "1", home)
    quote = await tap(desk, "1", services)
    assert "550" not in home.text
    assert quote.text.startswith("Ring-back tone")
    # Back in the browser's history, the first line of the first page is no "yes, order it".
    stale = await tap(desk, "1", services)
    assert (stale.text, stale.turn) == (quote.text, quote.turn)
    older = await desk.turn("1", channel="wap", session="main-en", request_id="another", after=home.turn)
    assert (older.text, older.turn) == (quote.text, quote.turn)
    assert desk.suite.orders == {}
    ordered = await tap(desk, "1", older)
    assert ordered.ends
    assert len(desk.suite.orders) == 1


async def test_a_page_of_a_session_that_is_over_begins_anew(desk: Desk) -> None:
    home = await desk.turn("", channel="wap", session="main-en", kind=BEGIN, code="main-en")
    async with desk.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE session SET live_until = now() - interval '1 day', kept_until = live_until")
    again = await desk.turn("3", channel="wap", session="main-en", code="main-en", request_id="n", after="gone")
    assert again.text == home.text


async def test_staff_ask_on_a_page_as_by_sms(mailbox: Mailbox) -> None:
    """CHN-31."""
    mailbox.desk.suite.sales += [
        sales_pb2.SalesRow(service="CRBT", touchpoint="HALL", branch=branch, ordered=2, active=1)
        for branch in ("foshan", "guangzhou")
    ]
    await Talk(mailbox.desk).teach("彩铃结算底价是多少", "每笔两元", audience="staff")

    async def ask(question: str, by: Identity) -> texting_pb2.AskAsStaffResponse:
        with acting_as(by):
            return await invoke(mailbox.texting.AskAsStaff, texting_pb2.AskAsStaffRequest(question=question))

    assert "服务厅 foshan: 2/1/0" in (await ask("销量 彩铃", HALL)).text
    assert "guangzhou" not in (await ask("销量 彩铃", HALL)).text
    assert (await ask("彩铃结算底价", HALL)).text == "每笔两元"
    assert (await ask("what is this", HALL)).language == "en"
    assert (await ask("量子力学", HALL)).text == "知识库里没有答案"
    assert "SALES" in (await ask("", HALL)).text
    with pytest.raises(PermissionRefused):
        await ask("销量 彩铃", Identity(subject="portal-1", roles=frozenset({"portal"})))
    # A page hands nothing over: there is no number to answer to.
    assert await mailbox.rows("SELECT * FROM handover") == []
