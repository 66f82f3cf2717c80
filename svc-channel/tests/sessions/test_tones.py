"""Tones in calls: heard from a list, by a code keyed in or dialled after the number, and ordered at the own price."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from carillon.channel.v1 import hotline_pb2, hotline_pb2_grpc, session_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.adapters.shipped_menus import read_shipped_menus
from svc_channel.domain.hotline import Directory, Tone, merge_directories
from svc_channel.domain.sessions.menu_reading import read_menu, write_menu
from svc_channel.main import build
from svc_channel.settings import Settings

from .desk import ADMIN, Desk

BEGIN = session_pb2.TURN_KIND_BEGIN
CALL: dict[str, Any] = {"channel": "hotline", "session": "call-1"}


@pytest.fixture
async def tones(desk: Desk) -> Desk:
    """A service whose province and whose branch Foshan have tones; everybody is of Foshan."""
    await keep(desk, "", ("01", "600901", "Moonlight"), ("02", "600902", "River"))
    await keep(desk, "foshan", ("02", "757002", "Lion dance"), ("03", "757003", "Tea house"))
    await keep(desk, "shenzhen", ("04", "755004", "Harbour"))
    return desk


@pytest.fixture
async def calling_tones(tones: Desk, settings: Settings, serving: Serving) -> AsyncIterator[Desk]:
    """The same with an out-call system set up."""
    service = build(settings.model_copy(update={"out_call_url": "http://127.0.0.1:1"}))
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel=channel, suite=tones.suite, database=tones.database)
    await service.database.close()


async def keep(desk: Desk, branch: str, *entries: tuple[str, str, str]) -> None:
    """A directory."""
    listed = [hotline_pb2.DirectoryTone(short_code=code, tone=tone, title=title) for code, tone, title in entries]
    directory = hotline_pb2.Directory(branch=branch, tones=listed)
    request = hotline_pb2.PutDirectoryRequest(request_id=str(uuid.uuid4()), directory=directory)
    with acting_as(ADMIN):
        await invoke(hotline_pb2_grpc.HotlineServiceStub(desk.channel).PutDirectory, request)


async def called(desk: Desk) -> list[tuple[str, str]]:
    """Who is to be called, and with which tone."""
    async with desk.database.read() as unit:
        rows = await unit.driver.fetch("SELECT msisdn, tone FROM out_call ORDER BY requested_at")
    return [tuple(row) for row in rows]


async def test_a_caller_hears_the_tones_of_the_own_branch_and_the_provinces(tones: Desk) -> None:
    """CHN-11, CAT-48, CAT-49: the branch's word counts where both use a code."""
    await tones.turn(kind=BEGIN, code="12530019*2", **CALL)
    listed = (await tones.turn("1", **CALL)).text.split("\n")
    assert listed[1:4] == ["1 Lion dance 02", "2 Tea house 03", "3 Moonlight 01"]
    heard = await tones.turn("1", **CALL)
    assert (heard.text.split("\n")[0], heard.play) == ("Now playing Lion dance", "757002")
    assert await called(tones) == []


async def test_12530019_and_a_code_lead_straight_to_the_tone_and_to_its_order(tones: Desk) -> None:
    """CAT-47, CHN-41: heard at once, ordered from there at the level's price, the tone being the order's plan."""
    tones.suite.members = {7: "ORDINARY"}
    heard = await tones.turn(kind=BEGIN, code="1253001901", **CALL)
    assert heard.text.startswith("即将播放Moonlight\n1 订购这首铃音")
    assert (heard.play, heard.ends) == ("600901", False)
    quoted = await tones.turn("1", **CALL)
    assert quoted.text.startswith(
        "彩铃下载 Moonlight\n优惠价: 高级会员1元,普通会员2元,非会员3元\n您的价格: 2元\n1 确认订购"
    )
    assert quoted.play == ""
    assert (await tones.turn("1", **CALL)).text.startswith("彩铃下载 Moonlight已办理成功")
    [order] = tones.suite.orders.values()
    assert (order.service, order.plan, order.amount_fen) == ("CRBT_DOWNLOAD", "600901", 200)


async def test_a_code_that_means_another_tone_by_the_time_of_the_yes_orders_nothing(tones: Desk) -> None:
    """The directory changed hands between the quotation and the yes: who said yes to Moonlight gets no other tone."""
    await tones.turn(kind=BEGIN, code="1253001901", **CALL)
    await tones.turn("1", **CALL)
    await keep(tones, "", ("01", "600999", "Thunder"))
    assert (await tones.turn("1", **CALL)).text.startswith("所选内容已更新,请重新选择")
    assert tones.suite.orders == {}


async def test_a_code_is_keyed_in_the_call_and_another_is_asked_for_when_it_is_wrong(tones: Desk) -> None:
    await tones.turn(kind=BEGIN, code="12530019", **CALL)
    assert (await tones.turn("2", **CALL)).text.startswith("请输入铃音编码")
    unknown = await tones.turn("04", **CALL)
    assert unknown.text.startswith("没有这个铃音编码")
    assert unknown.play == ""
    await tones.turn("0", **CALL)
    heard = [await tones.turn("03", request_id="keyed", **CALL) for _ in range(2)]
    assert {one.play for one in heard} == {"757003"}
    assert (await tones.turn("9", **CALL)).play == ""


async def test_who_has_no_branch_hears_the_provinces_tones(tones: Desk) -> None:
    stranger: dict[str, Any] = {**CALL, "msisdn": "+8613900000000"}
    assert (await tones.turn(kind=BEGIN, code="1253001902", **stranger)).play == "600902"


async def test_who_looks_at_a_screen_is_called_with_the_tone_once(calling_tones: Desk) -> None:
    """CHN-08: the audition of who can't hear it where they are."""
    await calling_tones.turn(kind=BEGIN, code="hotline-en", channel="ussd")
    await calling_tones.turn("1", channel="ussd")
    shown = [await calling_tones.turn("3", channel="ussd", request_id="the-call") for _ in range(3)]
    assert {one.text.split("\n")[0] for one in shown} == {"12530019 will call you and play Moonlight"}
    assert {one.play for one in shown} == {""}
    await calling_tones.turn("1", channel="ussd")
    await calling_tones.turn("0", channel="ussd")
    assert await called(calling_tones) == [("+8613800000007", "600901")]


async def test_without_an_out_call_system_nobody_is_promised_a_call(tones: Desk) -> None:
    shown = await tones.turn(kind=BEGIN, code="12530019*201", channel="ussd")
    assert shown.text.startswith("We can not call you now")
    assert await called(tones) == []


def test_a_branchs_code_goes_before_the_provinces() -> None:
    def tone(code: str, name: str) -> Tone:
        return Tone(short_code=code, tone=name, title=name)

    province = Directory(branch="", tones=(tone("1", "p1"), tone("2", "p2")))
    branch = Directory(branch="foshan", tones=(tone("2", "b2"),))
    assert [one.tone for one in merge_directories([province, branch])] == ["b2", "p1"]
    assert merge_directories([]) == []


def test_only_hearing_a_tone_may_be_dialled_directly() -> None:
    [hotline] = [menu for menu in read_shipped_menus() if menu.name == "hotline-en"]
    assert hotline.dialled_after("12530019*212345678") == "12345678"
    for astray in ("12530019*2", "12530019*2123456789", "12530019*2a", "*100#", ""):
        assert hotline.dialled_after(astray) == ""
    written = write_menu(hotline)
    assert read_menu(written) == hotline
    for to, reason in (("tone-order", "NODE_CHANGES"), ("nowhere", "NODE_UNKNOWN")):
        with pytest.raises(InvalidInput) as refused:
            read_menu(written | {"extension": {"save": "code", "to": to}})
        assert refused.value.reason == reason


def test_a_tone_is_ordered_only_after_its_prices() -> None:
    """CHN-33."""
    [hotline] = [menu for menu in read_shipped_menus() if menu.name == "hotline-en"]
    written = write_menu(hotline)
    written["nodes"]["tone"]["choices"].append({"label": "Order it now", "to": "tone-order"})
    with pytest.raises(InvalidInput) as refused:
        read_menu(written)
    assert refused.value.reason == "ORDER_UNQUOTED"
