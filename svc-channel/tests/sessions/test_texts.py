"""Subscribers are answered by SMS: by menus, by a robot, by people; each text once (CHN-06, CHN-26)."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest

from carillon.channel.v1 import robot_pb2, robot_pb2_grpc, session_pb2, texting_pb2
from carillon.reward.v1 import ledger_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import SystemClock
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from svc_channel.app.answer_text import ANSWERS_AN_HOUR
from svc_channel.store.exchanges import READ_SECONDS
from svc_channel.worker.text_desk import LEASE

from .desk import ADMIN
from .mailbox import Mailbox
from .suite import STRANGER
from .talker import AGENT, MSISDN, Talk

ACTIVITIES = """
{"name": "activities", "language": "zh", "start": "home", "timeout_seconds": 3600, "resume_seconds": 0, "nodes": {
  "home": {"kind": "menu", "text": "活动", "choices": [
    {"label": "投票", "to": "singer"}, {"label": "抽奖", "to": "draw"}, {"label": "积分", "to": "points"},
    {"label": "签到", "to": "sign-in"}]},
  "singer": {"kind": "input", "text": "喜欢谁", "accept": {"kind": "text", "least": 1, "most": 20}, "save": "choice",
    "to": "voted"},
  "voted": {"kind": "action", "action": "vote", "arguments": {"choice": "$choice"}},
  "draw": {"kind": "action", "action": "enter_draw", "arguments": {"draw": "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e01"}},
  "points": {"kind": "action", "text": "积分余额", "action": "points_balance"},
  "sign-in": {"kind": "action", "action": "sign_in"}}}
"""


async def put_activities(mailbox: Mailbox) -> None:
    """A menu of the operator's own at 10658, as data."""
    request = session_pb2.PutMenuRequest(request_id=str(uuid.uuid4()), definition=ACTIVITIES)
    with acting_as(ADMIN):
        await invoke(mailbox.desk.sessions.PutMenu, request)
    await mailbox.put_desk("10658", menu="activities")


async def test_points_votes_draws_and_sign_ins_are_done_by_sms(mailbox: Mailbox) -> None:
    suite = mailbox.desk.suite
    suite.balances.append(ledger_pb2.Balance(currency="experience_points", amount=100, held=20))
    await put_activities(mailbox)
    assert (await mailbox.say("你好", to="10658")).startswith("活动\n1 投票")
    assert (await mailbox.say("3", to="10658")).startswith("积分余额\nexperience_points: 80")
    assert (await mailbox.say("00", to="10658")).startswith("活动")
    assert (await mailbox.say("1", to="10658")).startswith("喜欢谁")
    assert "投票成功: 张三" in await mailbox.say("张三", to="10658")
    await mailbox.say("00", to="10658")
    assert "报名成功" in await mailbox.say("2", to="10658")
    await mailbox.say("00", to="10658")
    assert "签到成功" in await mailbox.say("4", to="10658")
    assert [(event.type, event.msisdn, dict(event.attributes)) for event in suite.events] == [
        ("vote", MSISDN, {"choice": "张三", "channel": "sms"}),
        ("sign_in", MSISDN, {"channel": "sms"}),
    ]
    assert len(suite.tickets) == 1
    # Each answer is a reply of one part from the number that was written to, and its text is told like any other.
    rows = await mailbox.rows(
        "SELECT DISTINCT m.class::text, m.parts, b.sender FROM message m JOIN batch b ON b.number = m.batch"
        " AND b.campaign_id = m.campaign_id"
    )
    assert [tuple(row) for row in rows] == [("reply", 1, "10658")]
    told = await mailbox.rows("SELECT 1 FROM outbox WHERE type LIKE '%InboundReceived'")
    assert len(told) == 9


async def test_words_of_ours_go_first_and_what_nobody_answers_stays_unanswered(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    assert "退订" in await mailbox.say("TD", to="10658")
    assert await mailbox.say("你好", to="10659") == ""
    assert await mailbox.say("你好", to="10658", sender=STRANGER) == ""
    assert await mailbox.rows("SELECT * FROM text_exchange") == []
    # Who has opted out of everything and then asks is answered all the same.
    assert (await mailbox.say("你好", to="10658")).startswith("活动")


async def test_a_text_that_the_network_says_again_is_answered_once(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    await mailbox.receive("1", to="10658")
    await mailbox.work()
    await mailbox.receive("1", to="10658")
    await mailbox.work()
    assert len(await mailbox.answers()) == 1
    outcomes = await mailbox.rows("SELECT outcome FROM text_exchange ORDER BY received_at")
    assert [row["outcome"] for row in outcomes] == ["answered", "repeated"]
    # Its answer arrived and was read: the same words are an answer to that screen.
    await mailbox.read()
    assert (await mailbox.say("1", to="10658")).startswith("喜欢谁")


async def test_an_answer_that_just_arrived_cannot_have_been_read(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    await mailbox.say("1", to="10658")
    now = SystemClock().now()
    async with mailbox.desk.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET ended_at = $1", now)
    await mailbox.receive("1", to="10658", at=now + timedelta(seconds=1))
    await mailbox.work()
    assert len(await mailbox.answers()) == 1
    await mailbox.receive("1", to="10658", at=now + READ_SECONDS + timedelta(seconds=1))
    await mailbox.work()
    assert len(await mailbox.answers()) == 2


async def test_what_died_before_its_answer_was_booked_is_answered_once(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    await mailbox.say("你好", to="10658")
    await mailbox.receive("4", to="10658")
    booked = mailbox.worker._book

    async def die(_: None, answered: object) -> list[None]:
        raise ConnectionError

    mailbox.worker._booking._send_call = die
    await mailbox.work()
    assert len(await mailbox.answers()) == 1
    mailbox.worker._booking._send_call = booked
    await mailbox.work()
    assert len(await mailbox.answers()) == 1, "whoever took it may still be at it"
    async with mailbox.desk.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE text_exchange SET taken_until = taken_until - $1::interval", LEASE)
    await mailbox.work()
    assert "签到成功" in (await mailbox.answers())[-1]
    assert len(await mailbox.answers()) == 2
    # The turn was taken before, so its action was not done again.
    assert len(mailbox.desk.suite.events) == 1


async def test_texts_of_one_sender_are_answered_in_their_order_and_others_do_not_wait(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    for text in ("你好", "1", "张三", "00", "3"):
        await mailbox.receive(text, to="10658")
    await mailbox.receive("你好", to="10658", sender="+8613800000008")
    await mailbox.work()
    firsts = [text.split("\n")[0] for text in await mailbox.answers()]
    assert firsts == ["活动", "喜欢谁", "投票成功: 张三", "活动", "积分余额"]
    assert len(await mailbox.answers("+8613800000008")) == 1


async def test_two_machines_do_not_talk_to_each_other_for_ever(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    async with mailbox.desk.database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO text_exchange (inbound_id, subscriber_id, sender, recipient, text, received_at, taken_until,"
            " outcome, answered_at, reply_id) SELECT gen_random_uuid(), 7, $1, '10658', i::text, now(), now(),"
            " 'answered', now(), 0 FROM generate_series(1, $2) AS i",
            MSISDN,
            ANSWERS_AN_HOUR,
        )
    assert await mailbox.say("你好", to="10658") == ""
    assert (await mailbox.say("你好", to="10658", sender="+8613800000008")).startswith("活动")


async def test_a_robot_answers_by_sms_with_what_it_knows_and_hands_over_what_it_does_not(mailbox: Mailbox) -> None:
    """CHN-26."""
    talk = Talk(mailbox.desk)
    await talk.put()
    await talk.teach("彩铃怎么退订", "发送KTCL到12530即可退订彩铃")
    await talk.teach("彩铃结算底价", "内部价", audience="staff")
    await mailbox.put_desk("12580*", robot="gz-1")
    assert await mailbox.say("请问彩铃怎么退订", to="125801") == "发送KTCL到12530即可退订彩铃"
    assert (await mailbox.say("菜单", to="125801")).startswith("您好,我是机器人小铃")
    assert "投票成功" in await mailbox.say("喜欢张三", to="125801")
    assert mailbox.desk.suite.events[-1].attributes["channel"] == "sms"
    unknown = await mailbox.say("量子力学结算底价", to="125801")
    assert "内部价" not in unknown
    assert "人工" in unknown
    robots = robot_pb2_grpc.RobotServiceStub(mailbox.desk.channel)
    with acting_as(AGENT):
        [waiting] = (await invoke(robots.ListHandovers, robot_pb2.ListHandoversRequest())).handovers
        answer = robot_pb2.AnswerHandoverRequest(request_id="a-1", id=waiting.id, answer="这个我们不卖")
        await invoke(robots.AnswerHandover, answer)
    assert (waiting.asker, waiting.question) == (MSISDN, "量子力学结算底价")
    assert (await mailbox.answers())[-1] == "这个我们不卖"


async def test_a_long_answer_comes_in_pages_of_three_parts_each(mailbox: Mailbox) -> None:
    talk = Talk(mailbox.desk)
    await talk.put()
    sentences = [f"第{number}条资费说明如下所述各项均以公布为准。" for number in range(1, 31)]
    await talk.teach("资费全文", "".join(sentences))
    await mailbox.put_desk("12580", robot="gz-1")
    pages = [await mailbox.say("资费全文", to="12580")]
    while "更多" in pages[-1]:
        pages.append(await mailbox.say("更多", to="12580"))
    assert len(pages) == 4
    assert "".join(page.removesuffix("\n(回复“更多”继续)") for page in pages) == "".join(sentences)
    parts = await mailbox.rows("SELECT parts FROM message ORDER BY id")
    assert [row["parts"] for row in parts] == [3, 3, 3, 1]
    # There is no more: the word is a question like any other.
    assert (await mailbox.say("更多", to="12580")) not in {"", *pages}


async def test_a_robot_that_is_switched_off_says_so_instead_of_nothing(mailbox: Mailbox) -> None:
    talk = Talk(mailbox.desk)
    await talk.put()
    await mailbox.put_desk("12580", robot="gz-1")
    await talk.put(enabled=False)
    assert await mailbox.say("你好", to="12580") == "系统繁忙,请稍后再试"


async def test_a_number_that_is_taken_away_drops_what_waits_there(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    await mailbox.receive("你好", to="10658")
    while not await mailbox.rows("SELECT * FROM text_exchange"):
        await mailbox.resolve()
    with acting_as(ADMIN):
        request = texting_pb2.EndTextDeskRequest(request_id="e-1", recipient="10658")
        await invoke(mailbox.texting.EndTextDesk, request)
        with pytest.raises(NotFound) as gone:
            request = texting_pb2.EndTextDeskRequest(request_id="e-2", recipient="10658")
            await invoke(mailbox.texting.EndTextDesk, request)
    assert gone.value.reason == "TEXT_DESK_UNKNOWN"
    await mailbox.work()
    assert await mailbox.answers() == []
    [row] = await mailbox.rows("SELECT outcome FROM text_exchange")
    assert row["outcome"] == "dropped"


@pytest.mark.parametrize(
    ("recipient", "fields", "reason", "field"),
    [
        ("10658", {}, "TEXT_DESK_INVALID", "recipient"),
        ("10*58", {"menu": "text-zh"}, "TEXT_DESK_INVALID", "recipient"),
        ("10658", {"menu": "No Menu"}, "TEXT_DESK_INVALID", "menu"),
        ("10658", {"robot": "R!"}, "TEXT_DESK_INVALID", "robot"),
        ("10658", {"menu": "text-zh", "robot": "gz-1"}, "TEXT_DESK_INVALID", "menu"),
        ("10658", {"menu": "nowhere"}, "MENU_UNKNOWN", "menu"),
        ("10658", {"robot": "nobody"}, "ROBOT_UNKNOWN", "robot"),
    ],
)
async def test_a_number_where_nobody_could_answer_is_refused(
    mailbox: Mailbox, recipient: str, fields: dict[str, Any], reason: str, field: str
) -> None:
    with pytest.raises((InvalidInput, NotFound)) as refused:
        await mailbox.put_desk(recipient, **fields)
    assert (refused.value.reason, refused.value.field) == (reason, field)


async def test_numbers_are_the_provinces_to_give(mailbox: Mailbox) -> None:
    branch = Identity(subject="b-1", roles=frozenset({"branch_operator"}), branch="guangzhou")
    with pytest.raises(PermissionRefused):
        await mailbox.put_desk("10658", by=branch, menu="text-zh")
    await mailbox.put_desk("10658", menu="text-zh")
    await mailbox.put_desk("10658*", menu="text-en")
    listed = await invoke(mailbox.texting.ListTextDesks, texting_pb2.ListTextDesksRequest())
    assert [(one.recipient, one.menu) for one in listed.desks] == [("10658", "text-zh"), ("10658*", "text-en")]
    assert (await mailbox.say("hi", to="10658")).startswith("欢迎")
    assert (await mailbox.say("hi", to="106581")).startswith("Welcome")


async def test_several_workers_answer_each_text_once(mailbox: Mailbox) -> None:
    await put_activities(mailbox)
    for number in range(8, 28):
        await mailbox.receive("你好", to="10658", sender=f"+86138000000{number:02d}")
    await mailbox.resolve()
    await asyncio.gather(*(mailbox.worker.step() for _ in range(4)))
    await mailbox.work()
    rows = await mailbox.rows("SELECT msisdn, count(*) FROM message GROUP BY msisdn")
    assert (len(rows), {row["count"] for row in rows}) == (20, {1})
