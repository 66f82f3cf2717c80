"""Robots over real gRPC and PostgreSQL: menus, commands, answers, hand-overs, counts, and which city has none."""

import asyncio

import pytest

from carillon.channel.v1 import robot_pb2
from carillon.reward.v1 import ledger_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as

from .desk import ADMIN
from .suite import STRANGER, campaign
from .talker import AGENT, DRAW, MSISDN, PARTNER, PORTAL, SALE, Talk


async def test_a_robots_menu_carries_every_provincial_campaign_and_its_own_citys(talk: Talk) -> None:
    """CHN-22."""
    talk.desk.suite.campaigns = [
        campaign(1, "全省抽奖"),
        campaign(2, "佛山专场", branch="foshan"),
        campaign(3, "广州专场", branch="guangzhou"),
    ]
    menu = await talk.say("菜单")
    assert (menu.kind, menu.text.split("\n")[1]) == ("menu", "1 优惠活动")
    listed = await talk.say("1")
    assert listed.text.split("\n")[1:3] == ["1 全省抽奖", "2 广州专场"]
    assert "http://example.com/c" in (await talk.say("2")).text


async def test_text_commands_vote_sign_in_comment_and_answer_quizzes_as_events(talk: Talk) -> None:
    """CHN-27: what is sent to a designated code."""
    for text in ("喜欢周杰伦", "签到", "留言 铃声很好听", "答题 3 B"):
        assert (await talk.say(text)).kind == "command"
    told = [(event.type, dict(event.attributes)) for event in talk.desk.suite.events]
    assert told == [
        ("vote", {"choice": "周杰伦", "channel": "robot"}),
        ("sign_in", {"channel": "robot"}),
        ("comment", {"text": "铃声很好听", "channel": "robot"}),
        ("quiz_answer", {"question": "3", "answer": "b", "channel": "robot"}),
    ]
    assert "答题 题号 答案" in (await talk.say("答题 3")).text


async def test_a_message_repeated_late_is_no_key_of_where_its_session_is_by_now(talk: Talk) -> None:
    await talk.say("菜单")
    listed = await talk.say("2", key="list")
    offered = await talk.say("1", key="quote")
    assert "高级会员3元" in offered.text
    assert await talk.say("1", key="quote") == offered
    assert (await talk.say("2", key="no")).text.startswith("您好")
    assert await talk.say("2", key="list") == listed
    assert await talk.say("1", key="quote") == offered
    assert (await talk.say("5")).text.startswith("喜欢+歌手名")
    assert talk.desk.suite.orders == {}


async def test_a_partners_robot_neither_orders_nor_tells_points_in_somebodys_name(talk: Talk) -> None:
    """Nobody vouches for who a partner's messenger says it speaks for; a portal has signed its people in."""
    talk.desk.suite.balances = [ledger_pb2.Balance(currency="m_value", amount=120)]
    for text in ("菜单", "2", "1"):
        await talk.say(text)
    assert "请拨*100#或10086办理" in (await talk.say("1")).text
    await talk.say("菜单")
    points = await talk.say("3")
    assert "请拨*100#或10086办理" in points.text
    assert "m_value" not in points.text
    assert talk.desk.suite.orders == {}
    await talk.say("菜单", by=PORTAL)
    assert "m_value: 120" in (await talk.say("3", by=PORTAL)).text
    for text in ("菜单", "2", "1", "1"):
        await talk.say(text, by=PORTAL)
    assert [order.subscriber_id for order in talk.desk.suite.orders.values()] == [7]


async def test_a_ticket_is_grabbed_once_by_its_code(talk: Talk) -> None:
    """CHN-24."""
    answers = [await talk.say("抢票 1001", key="grab-1") for _ in range(2)]
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].text.startswith("抢到了")
    assert {(one.sale_id, one.subscriber_id, one.request_id) for one in talk.desk.suite.claims} == {
        (SALE, 7, talk.desk.suite.claims[0].request_id)
    }
    assert (await talk.say("抢票 9999")).text == "没有这个活动"
    talk.desk.suite.claim_outcome = "SOLD_OUT"
    assert (await talk.say("抢票")).text.startswith("已抢完")


async def test_a_draw_is_entered_once_however_often_its_code_is_sent(talk: Talk) -> None:
    """CHN-24."""
    await talk.put(activities=[robot_pb2.RobotActivity(code="2001", kind="draw", target=DRAW)])
    answers = [(await talk.say("抽奖 2001")).text for _ in range(2)]
    assert answers == ["报名成功,祝您好运", "您已报名,无需重复"]
    assert [(draw, subscriber) for draw, subscriber, _ in talk.desk.suite.tickets] == [(DRAW, 7)]
    assert (await talk.say("抢票 2001")).text == "没有这个活动"


async def test_questions_are_answered_from_the_knowledge_base_and_unknown_ones_by_a_person(talk: Talk) -> None:
    """CHN-26: it says that it does not know, and hands over."""
    await talk.teach("如何取消彩铃", "发送QXCL到10086即可取消彩铃。", "彩铃怎么退订")
    await talk.teach("积分怎么兑换礼品", "登录商城,选择积分兑换。")
    known = await talk.say("请问怎么取消彩铃呢?")
    assert (known.kind, known.text) == ("knowledge", "发送QXCL到10086即可取消彩铃。")
    unknown = await talk.say("明天去北京的航班几点起飞", key="q-1")
    assert unknown.kind == "handover"
    assert unknown.text.startswith("这个问题我还不会")
    assert (await talk.say("明天去北京的航班几点起飞", key="q-1")).handover_id == unknown.handover_id
    with acting_as(AGENT):
        [waiting] = (await invoke(talk.robots.ListHandovers, robot_pb2.ListHandoversRequest())).handovers
    assert (waiting.id, waiting.question, waiting.asker) == (unknown.handover_id, "明天去北京的航班几点起飞", MSISDN)


async def test_a_persons_answer_goes_out_by_sms_once(talk: Talk) -> None:
    asked = await talk.say("人工")
    request = robot_pb2.AnswerHandoverRequest(request_id="a-1", id=asked.handover_id, answer="您好,请讲。")
    with acting_as(AGENT):
        done = await invoke(talk.robots.AnswerHandover, request)
        assert (await invoke(talk.robots.AnswerHandover, request)).handover == done.handover
        other = robot_pb2.AnswerHandoverRequest(request_id="a-2", id=asked.handover_id, answer="再答一次")
        with pytest.raises(StateRefused) as refused:
            await invoke(talk.robots.AnswerHandover, other)
    assert refused.value.reason == "HANDOVER_ANSWERED"
    assert done.handover.answered_by == "agent-1"
    async with talk.desk.database.read() as unit:
        rows = [dict(row) for row in await unit.driver.fetch("SELECT subscriber_id, text, class::text FROM message")]
    assert rows == [{"subscriber_id": 7, "text": "您好,请讲。", "class": "reply"}]


async def test_an_answer_to_who_has_no_number_waits_for_the_messenger(talk: Talk) -> None:
    asked = await talk.say("人工", peer="fetion-5521")
    request = robot_pb2.AnswerHandoverRequest(request_id="a-1", id=asked.handover_id, answer="您好")
    with acting_as(AGENT):
        await invoke(talk.robots.AnswerHandover, request)
        done = await invoke(talk.robots.ListHandovers, robot_pb2.ListHandoversRequest(answered=True, robot_id="gz-1"))
    assert [(one.asker, one.answer) for one in done.handovers] == [("fetion-5521", "您好")]
    async with talk.desk.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM message") == 0
    with acting_as(PARTNER), pytest.raises(PermissionRefused):
        await invoke(talk.robots.AnswerHandover, request)
    unknown = robot_pb2.AnswerHandoverRequest(request_id="a-9", id=SALE, answer="?")
    with acting_as(AGENT), pytest.raises(NotFound):
        await invoke(talk.robots.AnswerHandover, unknown)


async def test_what_people_say_is_counted_live_by_complaint_suggestion_and_product(talk: Talk) -> None:
    """CHN-25."""
    for text in ("我要投诉彩铃乱扣费", "建议手机报便宜点", "彩铃多少钱", "今天天气真好"):
        await talk.say(text)
    await talk.say("彩铃多少钱", key="same")
    await talk.say("彩铃多少钱", key="same")
    report = await talk.report()
    assert {(one.remark, one.product): one.count for one in report.remarks} == {
        ("complaint", "CRBT"): 1,
        ("suggestion", "NEWSPAPER"): 1,
        ("product", "CRBT"): 2,
        ("other", ""): 1,
    }
    assert {(one.robot_id, one.kind): one.count for one in report.answers} == {
        ("gz-1", "handover"): 2,
        ("gz-1", "command"): 1,
        ("gz-1", "product"): 2,
    }
    assert (report.interactions, report.handovers_open) == (5, 2)
    assert (await talk.report(robot_id="another")).interactions == 0
    assert (await talk.report(first_day="2020-01-01", last_day="2020-01-31")).interactions == 0
    for wrong in ({"first_day": "2020-02-31"}, {"first_day": "2020-01-02", "last_day": "2020-01-01"}):
        with pytest.raises(InvalidInput):
            await talk.report(**wrong)


async def test_a_named_product_is_quoted_with_its_prices(talk: Talk) -> None:
    """CHN-24: the robot recommends the service by itself; CHN-33: with the three prices."""
    quoted = await talk.say("彩铃多少钱")
    assert quoted.kind == "product"
    assert "高级会员3元,普通会员4元,非会员5.50元" in quoted.text


async def test_messages_that_come_at_once_each_have_their_answer(talk: Talk) -> None:
    peers = [f"visitor-{number}" for number in range(40)]
    answers = await asyncio.gather(*(talk.say("菜单", peer=peer) for peer in peers))
    assert {answer.kind for answer in answers} == {"menu"}
    assert (await talk.report()).interactions == 40


async def test_many_messages_of_one_call_are_answered_in_their_order(talk: Talk) -> None:
    """CHN-20."""
    sayings = [
        robot_pb2.RobotSaying(request_id=str(number), text=text, **{"from": f"visitor-{number}"})
        for number, text in enumerate(["菜单", "人工", "彩铃多少钱", "菜单"])
    ]
    request = robot_pb2.TakeRobotMessagesRequest(robot_id="gz-1", sayings=sayings)
    with acting_as(PARTNER):
        first = await invoke(talk.robots.TakeRobotMessages, request)
        assert [reply.kind for reply in first.replies] == ["menu", "handover", "product", "menu"]
        assert await invoke(talk.robots.TakeRobotMessages, request) == first
    assert (await talk.report()).interactions == 4


async def test_a_city_without_a_robot_online_is_told(talk: Talk) -> None:
    """CHN-21."""
    cities = robot_pb2.SetRobotCitiesRequest(request_id="c-1", cities=["guangzhou", "foshan"])
    with acting_as(ADMIN):
        assert (await invoke(talk.robots.SetRobotCities, cities)).cities == 2
        before = await invoke(talk.robots.ListRobots, robot_pb2.ListRobotsRequest())
        assert list(before.cities_without) == ["foshan", "guangzhou"]
        await talk.say("菜单")
        after = await invoke(talk.robots.ListRobots, robot_pb2.ListRobotsRequest())
    assert list(after.cities_without) == ["foshan"]
    assert [(one.robot.id, one.online) for one in after.robots] == [("gz-1", True)]
    with acting_as(AGENT), pytest.raises(PermissionRefused):
        await invoke(talk.robots.SetRobotCities, cities)


async def test_robots_that_are_unknown_or_off_do_not_answer_and_branches_keep_their_own(talk: Talk) -> None:
    with pytest.raises(NotFound) as unknown:
        await talk.say("菜单", robot="nobody")
    assert unknown.value.reason == "ROBOT_UNKNOWN"
    await talk.put(enabled=False)
    with pytest.raises(StateRefused):
        await talk.say("菜单")
    foshan = Identity(subject="b-1", roles=frozenset({"branch_operator"}), branch="foshan")
    await talk.put(by=foshan, id="fs-1", city="foshan")
    for overrides in ({"id": "fs-2", "city": "guangzhou"}, {"id": "gz-1", "city": "foshan"}):
        with pytest.raises(PermissionRefused):
            await talk.put(by=foshan, **overrides)
    with pytest.raises(NotFound) as menu:
        await talk.put(menu="no-such-menu")
    assert menu.value.reason == "MENU_UNKNOWN"


async def test_a_partner_speaks_for_its_own_robots_alone(talk: Talk) -> None:
    """CHN-23."""
    await talk.put(id="gz-2", supplier="partner-2")
    with pytest.raises(PermissionRefused) as refused:
        await talk.say("菜单", robot="gz-2")
    assert refused.value.reason == "OTHER_PARTNER"
    with acting_as(PARTNER):
        await invoke(talk.robots.ListHandovers, robot_pb2.ListHandoversRequest(robot_id="gz-1"))
        for robot_id in ("gz-2", ""):
            with pytest.raises((PermissionRefused, NotFound)):
                await invoke(talk.robots.ListHandovers, robot_pb2.ListHandoversRequest(robot_id=robot_id))


async def test_a_stranger_is_told_that_nothing_was_booked(talk: Talk) -> None:
    for peer in (STRANGER, "fetion-5521"):
        assert (await talk.say("签到", peer=peer)).text.startswith("您的号码尚未登记")
    assert talk.desk.suite.events == []
