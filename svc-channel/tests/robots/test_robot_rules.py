"""The rules of robots by tables: commands, what people's words are, how sure an answer is, and cities without a robot."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.shipped_words import read_shipped_words
from svc_channel.domain.robots.commands import Command, CommandKind, read_command
from svc_channel.domain.robots.knowledge import confidence, telling, weigh_terms
from svc_channel.domain.robots.remarks import Remark, RemarkKind, RemarkWords, classify, named_products
from svc_channel.domain.robots.robot import Activity, ActivityKind, Robot, cities_without, is_online

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS = read_shipped_words()
PRODUCTS = named_products([("彩铃", "CRBT"), ("KTV彩铃", "KTV_CRBT"), ("SMS", "SMS"), ("短信", "SMS")])


@pytest.mark.parametrize(
    ("text", "kind", "argument"),
    [
        ("喜欢周杰伦", CommandKind.VOTE, "周杰伦"),
        ("喜歡 周傑倫", CommandKind.VOTE, "周傑倫"),
        ("\uff36\uff4f\uff54\uff45 7", CommandKind.VOTE, "7"),
        ("签到", CommandKind.SIGN_IN, ""),
        ("签到!", CommandKind.SIGN_IN, ""),
        ("Sign in", CommandKind.SIGN_IN, ""),
        ("sgin in", CommandKind.SIGN_IN, ""),
        ("抢票", CommandKind.GRAB, ""),
        ("抢票+1001", CommandKind.GRAB, "1001"),
        ("抽奖 A1", CommandKind.DRAW, "a1"),
        ("答题 3 B", CommandKind.QUIZ, "3 b"),
        ("留言:铃声很好听", CommandKind.COMMENT, "铃声很好听"),
        ("coment very good", CommandKind.COMMENT, "very good"),
        ("人工", CommandKind.PERSON, ""),
        ("转人工客服", CommandKind.PERSON, ""),
        ("菜单", CommandKind.MENU, ""),
        ("menus", CommandKind.MENU, ""),
        ("menu of the day", None, ""),
        ("grabbing hands", None, ""),
        ("签到有什么用", None, ""),
        ("喜欢", None, ""),
        ("抢票怎么抢", None, ""),
        ("彩铃多少钱", None, ""),
        ("", None, ""),
    ],
)
def test_commands_are_read_by_their_word_and_others_are_questions(
    text: str, kind: CommandKind | None, argument: str
) -> None:
    """CHN-27."""
    assert read_command(text) == (None if kind is None else Command(kind=kind, argument=argument))


@given(text=st.text(max_size=300))
def test_no_text_breaks_the_reading_of_commands_or_remarks(text: str) -> None:
    command = read_command(text)
    assert command is None or len(command.argument) <= 200
    assert classify(text, WORDS, PRODUCTS).product in {"", "CRBT", "KTV_CRBT", "SMS"}


@pytest.mark.parametrize(
    ("text", "kind", "product"),
    [
        ("我要投诉,彩铃乱扣费", RemarkKind.COMPLAINT, "CRBT"),
        ("KTV彩铃打不开", RemarkKind.COMPLAINT, "KTV_CRBT"),
        ("建议短信回执免费", RemarkKind.SUGGESTION, "SMS"),
        ("建议你们别再骗人", RemarkKind.COMPLAINT, ""),
        ("彩铃怎么换歌", RemarkKind.PRODUCT, "CRBT"),
        ("How much is an sms?", RemarkKind.PRODUCT, "SMS"),
        ("smash it", RemarkKind.OTHER, ""),
        ("今天天气真好", RemarkKind.OTHER, ""),
    ],
)
def test_what_people_say_is_a_complaint_a_suggestion_or_about_a_product(
    text: str, kind: RemarkKind, product: str
) -> None:
    """CHN-25."""
    assert classify(text, WORDS, PRODUCTS) == Remark(kind=kind, product=product)


def test_remark_words_that_no_text_could_have_are_refused() -> None:
    for wrong in (frozenset[str](), frozenset({"UPPER"}), frozenset({""})):
        with pytest.raises(InvalidInput):
            RemarkWords(complaint=wrong, suggestion=frozenset({"建议"}))


def test_an_answer_is_as_sure_as_the_share_of_the_question_that_it_covers() -> None:
    documents = [{"取消", "彩铃"}, {"查询", "积分"}, {"兑换", "积分", "礼品"}]
    weights = weigh_terms(documents)
    assert confidence(["取消", "彩铃"], documents[0], weights) == 1.0
    assert confidence(["取消", "航班"], documents[0], weights) <= 0.5
    assert confidence([], documents[0], weights) == 0.0
    assert 0.0 < confidence(["积分", "取消"], documents[1], weights) < 0.5
    assert telling(["请问", "怎么", "取消", "?", "彩铃", " "]) == ["取消", "彩铃"]


@given(asked=st.lists(st.sampled_from("abcdef"), max_size=6), document=st.sets(st.sampled_from("abcdef")))
def test_confidence_is_a_share(asked: list[str], document: set[str]) -> None:
    assert 0.0 <= confidence(asked, document, weigh_terms([document, {"a"}])) <= 1.0


def test_a_city_without_a_robot_online_is_told() -> None:
    """CHN-21: switched off, never seen and silent robots serve nobody."""
    robots = [
        (Robot(id="a", city="guangzhou", menu="robot-zh"), NOW - timedelta(minutes=1)),
        (Robot(id="b", city="foshan", menu="robot-zh", enabled=False), NOW),
        (Robot(id="c", city="zhuhai", menu="robot-zh"), None),
        (Robot(id="d", city="dongguan", menu="robot-zh"), NOW - timedelta(minutes=6)),
    ]
    online = [robot for robot, seen_at in robots if is_online(robot, seen_at, now=NOW)]
    assert [robot.id for robot in online] == ["a"]
    assert cities_without(["foshan", "guangzhou", "zhuhai"], online) == ["foshan", "zhuhai"]


def test_an_activity_is_found_by_its_code_or_when_it_is_the_only_one() -> None:
    first = Activity(code="1", kind=ActivityKind.SALE, target="s1")
    second = Activity(code="2", kind=ActivityKind.SALE, target="s2")
    robot = Robot(id="a", city="", menu="robot-zh", activities=(first, second))
    assert robot.activity(ActivityKind.SALE, "2") == second
    assert robot.activity(ActivityKind.SALE, "") is None
    assert Robot(id="a", city="", menu="m", activities=(first,)).activity(ActivityKind.SALE, "") == first
    for wrong in ({"id": "No"}, {"city": "x" * 65}, {"activities": (first, first)}):
        with pytest.raises(InvalidInput):
            Robot(**{"id": "a", "city": "", "menu": "m", **wrong})  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidInput):
        Activity(code="too long a code", kind=ActivityKind.SALE, target="s")
