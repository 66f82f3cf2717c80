"""Staff ask by SMS for sales, products and policy; nobody else is answered there (CHN-30, CHN-31, CHN-32)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from carillon.catalog.v1 import sales_pb2
from carillon.channel.v1 import robot_pb2, robot_pb2_grpc, texting_pb2
from carillon.segment.v1 import facts_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import SystemClock
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from svc_channel.domain.quiet_hours import ZONE
from svc_channel.domain.texting.words import HELP
from svc_channel.worker.life_facts import LifeFacts

from .desk import ADMIN
from .mailbox import Mailbox
from .suite import STRANGER
from .talker import AGENT, MSISDN, Talk

QUERY = "0222290"
OTHER = "+8613800000008"
GUANGZHOU = Identity(subject="b-gz", roles=frozenset({"branch_operator"}), branch="guangzhou")
FOSHAN = Identity(subject="b-fs", roles=frozenset({"branch_operator"}), branch="foshan")


def sold(service: str, touchpoint: str, branch: str, ordered: int) -> sales_pb2.SalesRow:
    return sales_pb2.SalesRow(
        service=service, touchpoint=touchpoint, branch=branch, ordered=ordered, active=ordered - 1, cancelled=1
    )


@pytest.fixture
async def query(mailbox: Mailbox) -> Mailbox:
    """0222290 for staff alone, one of them of the province, and some sales."""
    await mailbox.put_desk(QUERY, for_staff=True)
    await mailbox.put_staff(branch="")
    mailbox.desk.suite.sales += [
        sold("CRBT", "HALL", "guangzhou", 5),
        sold("CRBT", "SMS", "guangzhou", 9),
        sold("CRBT", "HALL", "foshan", 2),
        sold("NEWSPAPER", "", "", 1),
    ]
    return mailbox


def day() -> str:
    today = SystemClock().now().astimezone(ZONE).date()
    return f"{today.month}-{today.day}"


async def test_sales_are_looked_up_by_a_short_command(query: Mailbox) -> None:
    assert await query.say("销量 彩铃", to=QUERY) == (
        f"彩铃 {day()} 全部地市\n登记16 开通13 取消3\n短信 guangzhou: 9/8/1\n服务厅 guangzhou: 5/4/1\n服务厅 foshan: 2/1/1"
    )
    assert await query.say("sales ring-back tone Guangzhou", to=QUERY) == (
        f"Ring-back tone {day()} guangzhou\nordered 14, active 12, cancelled 2\n"
        "SMS guangzhou: 9/8/1\nService hall guangzhou: 5/4/1"
    )
    everything = await query.say("销量", to=QUERY)
    assert everything.startswith(f"全部业务 {day()} 全部地市\n登记17")
    assert everything.endswith("未知渠道 未知地市: 1/0/1")
    identity, asked = query.desk.suite.sales_asked[-1]
    assert (identity.subject, identity.roles, identity.branch) == ("s-7", frozenset({"agent"}), "")
    today = SystemClock().now().astimezone(ZONE).date().isoformat()
    assert (list(asked.services), list(asked.touchpoints), asked.first_day, asked.last_day) == ([], [], today, today)


async def test_a_touch_point_a_period_and_a_piece_of_a_name_are_understood(query: Mailbox) -> None:
    await query.say("销量 手机报 营业厅 昨天", to=QUERY)
    await query.say("SALES newsp text month", to=QUERY)
    today = SystemClock().now().astimezone(ZONE).date()
    yesterday = (today - timedelta(days=1)).isoformat()
    asked = [one for _, one in query.desk.suite.sales_asked]
    assert [(list(one.services), list(one.touchpoints), one.first_day, one.last_day) for one in asked] == [
        (["NEWSPAPER"], ["HALL"], yesterday, yesterday),
        (["NEWSPAPER"], ["SMS"], today.replace(day=1).isoformat(), today.isoformat()),
    ]


async def test_staff_of_a_branch_see_its_sales_alone(query: Mailbox) -> None:
    await query.put_staff(msisdn=OTHER, staff_id="s-8", role="hall_terminal", branch="foshan")
    told = await query.say("销量 彩铃", to=QUERY, sender=OTHER)
    assert told == f"彩铃 {day()} foshan\n登记2 开通1 取消1\n服务厅 foshan: 2/1/1"
    assert await query.say("销量 彩铃 guangzhou", to=QUERY, sender=OTHER) == "您只能查询foshan的销量"
    assert await query.say("SALES all FOSHAN", to=QUERY, sender=OTHER) != ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("销量 不存在的业务", "没有这个业务: 不存在的业务\n" + HELP),
        ("SALES nothing guangzhou", "There is no service nothing\n" + HELP),
        ("销量 彩铃 guangzhou 明天", "看不懂: 明天\n" + HELP),
        ("帮助", HELP),
        ("help", HELP),
        ("产品", HELP),
        ("", HELP),
    ],
)
async def test_what_is_miswritten_is_answered_with_help_in_both_languages(query: Mailbox, text: str, told: str) -> None:
    assert await query.say(text, to=QUERY) == told
    assert query.desk.suite.sales_asked == []


async def test_products_and_policy_are_answered_from_the_knowledge_base_with_what_staff_may_know(
    query: Mailbox,
) -> None:
    talk = Talk(query.desk)
    await talk.teach("彩铃怎么退订", "发送KTCL到12530")
    await talk.teach("彩铃结算底价是多少", "每笔两元", audience="staff")
    assert await query.say("产品 彩铃怎么退订", to=QUERY) == "发送KTCL到12530"
    assert await query.say("彩铃结算底价", to=QUERY) == "每笔两元"


async def test_what_nobody_wrote_down_is_handed_to_a_person_who_answers_by_sms(query: Mailbox) -> None:
    assert await query.say("量子力学怎么卖", to=QUERY) == "知识库里没有答案,已转人工,请稍候答复"
    robots = robot_pb2_grpc.RobotServiceStub(query.desk.channel)
    with acting_as(AGENT):
        [waiting] = (await invoke(robots.ListHandovers, robot_pb2.ListHandoversRequest())).handovers
        answer = robot_pb2.AnswerHandoverRequest(request_id="a-1", id=waiting.id, answer="下月上市")
        await invoke(robots.AnswerHandover, answer)
    assert (waiting.asker, waiting.question) == (MSISDN, "量子力学怎么卖")
    assert (await query.answers())[-1] == "下月上市"


async def test_a_number_of_nobody_of_the_staff_has_no_answer_and_goes_the_ordinary_way(query: Mailbox) -> None:
    await Talk(query.desk).teach("彩铃结算底价是多少", "每笔两元", audience="staff")
    for text in ("销量 彩铃", "彩铃结算底价", "帮助"):
        assert await query.say(text, to=QUERY, sender=OTHER) == ""
        assert await query.say(text, to=QUERY, sender=STRANGER) == ""
    assert query.desk.suite.sales_asked == []
    assert await query.rows("SELECT * FROM text_exchange") == []
    resolved = await query.rows("SELECT 1 FROM inbound WHERE sender = $1 AND state = 'resolved'", OTHER)
    told = await query.rows("SELECT 1 FROM outbox WHERE type LIKE '%InboundReceived'")
    assert (len(resolved), len(told)) == (3, 3)


async def test_at_a_number_of_both_staff_have_theirs_and_subscribers_the_robot(query: Mailbox) -> None:
    talk = Talk(query.desk)
    await talk.put()
    await talk.teach("彩铃结算底价是多少", "每笔两元", audience="staff")
    await query.put_desk("10086*", robot="gz-1", for_staff=True)
    assert (await query.say("销量 彩铃", to="100861")).startswith("彩铃")
    subscribers = await query.say("彩铃结算底价", to="100861", sender=OTHER)
    assert "两元" not in subscribers
    assert subscribers != ""
    assert (await query.say("销量 彩铃", to="100861", sender=OTHER)) != await query.say("销量 彩铃", to="100861")


async def test_a_catalogue_that_is_away_is_said_in_words(query: Mailbox) -> None:
    await query.receive("销量 彩铃", to=QUERY)
    await query.resolve()
    query.desk.suite.away = True
    await query.work()
    assert await query.answers() == ["系统繁忙,请稍后再试"]


async def test_the_next_holder_of_a_staff_number_is_no_staff(query: Mailbox) -> None:
    fact = facts_pb2.SubscribersEnded(subscribers=[facts_pb2.EndedSubscriber(subscriber_id=7, ended_on="2026-11-21")])
    async with query.desk.database.unit_of_work() as unit:
        await LifeFacts(SystemClock()).end(unit, fact, SystemClock().now())
    assert await query.rows("SELECT * FROM staff_number") == []
    assert await query.say("销量 彩铃", to=QUERY) == ""


async def listed(mailbox: Mailbox, by: Identity, **fields: object) -> list[str]:
    request = texting_pb2.ListStaffNumbersRequest(**fields)  # type: ignore[arg-type]  # one mapping of several types
    with acting_as(by):
        return [one.staff_id for one in (await invoke(mailbox.texting.ListStaffNumbers, request)).staff]


async def remove(mailbox: Mailbox, msisdn: str, by: Identity) -> None:
    request = texting_pb2.RemoveStaffNumberRequest(request_id=str(uuid.uuid4()), msisdn=msisdn)
    with acting_as(by):
        await invoke(mailbox.texting.RemoveStaffNumber, request)


async def test_a_branch_keeps_its_own_peoples_numbers(mailbox: Mailbox) -> None:
    await mailbox.put_staff(by=GUANGZHOU)
    await mailbox.put_staff(by=FOSHAN, msisdn=OTHER, staff_id="s-8", branch="foshan")
    assert await listed(mailbox, GUANGZHOU) == ["s-7"]
    assert await listed(mailbox, ADMIN) == ["s-7", "s-8"]
    for attempt in (
        mailbox.put_staff(by=FOSHAN),
        mailbox.put_staff(by=FOSHAN, branch="foshan"),
        mailbox.put_staff(by=FOSHAN, msisdn=OTHER, role="province_admin", branch="foshan"),
        remove(mailbox, MSISDN, FOSHAN),
    ):
        with pytest.raises(PermissionRefused) as refused:
            await attempt
        assert refused.value.reason == "OTHER_BRANCH"
    await mailbox.put_staff(by=GUANGZHOU, staff_id="s-9")
    assert await listed(mailbox, GUANGZHOU) == ["s-9"]
    await remove(mailbox, MSISDN, GUANGZHOU)
    assert await listed(mailbox, ADMIN) == ["s-8"]
    with pytest.raises(NotFound) as unknown:
        await remove(mailbox, MSISDN, ADMIN)
    assert unknown.value.reason == "STAFF_UNKNOWN"


async def test_numbers_of_the_staff_are_listed_in_pages(mailbox: Mailbox) -> None:
    for number in (8, 7, 9):
        await mailbox.put_staff(msisdn=f"+861380000000{number}", staff_id=f"s-{number}")
    with acting_as(ADMIN):
        first = await invoke(mailbox.texting.ListStaffNumbers, texting_pb2.ListStaffNumbersRequest(page_size=2))
    assert [one.staff_id for one in first.staff] == ["s-7", "s-8"]
    assert await listed(mailbox, ADMIN, page_size=2, page_token=first.next_page_token) == ["s-9"]


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"role": "portal"}, "STAFF_INVALID", "role"),
        ({"staff_id": ""}, "STAFF_INVALID", "staff_id"),
        ({"role": "hall_terminal", "branch": ""}, "STAFF_INVALID", "branch"),
        ({"msisdn": STRANGER}, "SUBSCRIBER_UNKNOWN", "msisdn"),
    ],
)
async def test_a_number_that_can_be_no_staffs_is_refused(
    mailbox: Mailbox, fields: dict[str, Any], reason: str, field: str
) -> None:
    with pytest.raises((InvalidInput, NotFound)) as refused:
        await mailbox.put_staff(**fields)
    assert (refused.value.reason, refused.value.field) == (reason, field)
