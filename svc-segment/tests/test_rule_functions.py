"""Tables of calls that a rule may make: their answers for one subscriber, and the place of what is refused."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.history import History, PastEvent, last_full_month, local_time, microseconds, months_back
from svc_segment.domain.rules.needs import dependents_of, rule_needs
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.scope import Scope

GOLD, SILVER, OWN = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
DICTIONARY = Dictionary(
    [
        Attribute(name="spend", type=AttributeType.NUMBER),
        Attribute(name="age", type=AttributeType.INTEGER),
        Attribute(name="brand", type=AttributeType.TEXT),
    ]
)
SCOPE = Scope(
    measures=Dictionary(
        [Attribute(name="arpu", type=AttributeType.NUMBER), Attribute(name="date", type=AttributeType.INTEGER)]
    ),
    segments={"gold": GOLD, str(GOLD): GOLD, "silver": SILVER, "own": OWN},
    dependents=frozenset({OWN, SILVER}),
)
# Ten minutes past midnight of 1 April where the operator is, still March in London.
AS_OF = datetime(2011, 3, 31, 16, 10, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def ago(**length: float) -> datetime:
    return AS_OF - timedelta(**length)


HISTORY = History(
    as_of=AS_OF,
    zone=SHANGHAI,
    events=(
        PastEvent(type="tone", at=AS_OF, attributes={"price": "2", "genre": "pop"}),
        PastEvent(type="tone", at=ago(minutes=15), attributes={"price": "1.5", "genre": "rock"}),
        PastEvent(type="tone", at=ago(days=1), attributes={"price": "free"}),
        PastEvent(type="tone", at=ago(days=30, microseconds=1), attributes={"price": "10"}),
        PastEvent(type="tone", at=AS_OF + timedelta(microseconds=1), attributes={"price": "99"}),
        PastEvent(type="visit", at=ago(days=400)),
    ),
    usage={
        date(2011, 3, 1): {"arpu": 60.0},
        date(2011, 2, 1): {"arpu": 0.0},
        date(2010, 12, 1): {"arpu": 90.0},
        date(2011, 4, 1): {"arpu": 1_000.0},
    },
    last_month=date(2011, 3, 1),
    segments=frozenset({GOLD}),
    tags={"music/classical/guzheng": 0.7, "city": 0.2},
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("count_events('tone', 1) = 2", True),
        ("count_events('tone', 2) = 3", True),
        ("count_events('tone', 30) = 3 and count_events('tone', 31) = 4", True),
        ("COUNT_EVENTS('tone', 30, 'genre' = 'pop') between 1 and 1", True),
        ("count_events('nothing', 730) = 0", True),
        ("no_events('visit', 365) and not no_events('visit', 730)", True),
        ("days_with_events('tone', 1) = 2", True),
        ("days_with_events('tone', 2) = 2", True),
        ("sum_events('tone', 'price', 30) = 3.5", True),
        ("avg_events('tone', 'price', 31) = 4.5", True),
        ("min_events('tone', 'price', 31) = 1.5 and max_events('tone', 'price', 31) in (9, 10)", True),
        ("sum_events('visit', 'price', 730) is null", True),
        ("sum_events('visit', 'price', 730) < 1", None),
        ("days_since_event('tone') = 0 and days_since_event('visit') = 400", True),
        ("days_since_event('tone', 'price' = 'free') = 1", True),
        ("days_since_event('nothing') is null", True),
        ("sum_usage(arpu, 1) = 60", True),
        ("avg_usage(arpu, 3) = 30 and avg_usage(arpu, 4) = 50", True),
        ("min_usage(arpu, 4) = 0 and max_usage(ARPU, 24) = 90", True),
        ("months_with_usage(arpu, 4) = 2", True),
        ('sum_usage("date", 24) is null and months_with_usage(date, 24) = 0', True),
        ("in_segment('gold') and not in_segment('00000000-0000-0000-0000-000000000001')", False),
        ("has_tag('music') and has_tag('music/classical', 0.7)", True),
        ("has_tag('music/classical/guzheng', 0.71)", False),
        ("has_tag('mus') or has_tag('city', 0.3)", False),
        ("spend > avg_usage(arpu, 4) and age < count_events('tone', 30)", True),
        ("age <> avg_events('tone', 'price', 31)", True),
        ("1 < count_events('tone', 30)", True),
    ],
)
def test_a_call_measures_the_past_as_the_manual_says(text: str, answer: bool | None) -> None:
    closure = compile_closure(read_rule(text, DICTIONARY, SCOPE_OF_ANOTHER))
    assert closure({"spend": 51.0, "age": 2, "brand": "全球通"}, HISTORY) is answer


SCOPE_OF_ANOTHER = Scope(measures=SCOPE.measures, segments=SCOPE.segments)


@pytest.mark.parametrize(
    ("text", "reason", "position", "said"),
    [
        ("count_events('tone', 0) > 1", "RULE_WINDOW", "1:22", "1 to 730 days"),
        ("age = 1 or\n no_events('tone', 731)", "RULE_WINDOW", "2:20", "not 731"),
        ("count_events('tone', " + "9" * 5_000 + ") > 1", "RULE_WINDOW", "1:22", "1 to 730 days"),
        ("sum_usage(arpu, 25) > 1", "RULE_WINDOW", "1:17", "1 to 24 months"),
        ("count_events('tone', -3) > 1", "RULE_WRONG_TYPE", "1:23", "a whole number of days"),
        ("count_events('tone', 1.5) > 1", "RULE_WRONG_TYPE", "1:22", "a whole number of days"),
        ("count_events('tone', '30') > 1", "RULE_WRONG_TYPE", "1:22", "a whole number of days"),
        ("count_events('tone') > 1", "RULE_WRONG_TYPE", "1:1", "count_events('type', days"),
        ("age = 2 and no_events()", "RULE_WRONG_TYPE", "1:13", "no_events('type', days"),
        ("count_events(tone, 30) > 1", "RULE_WRONG_TYPE", "1:14", "the type of event in quotes"),
        ("count_events('', 30) > 1", "RULE_WRONG_TYPE", "1:14", "1 to 64 characters"),
        ("count_events('tone', 30, 'genre') > 1", "RULE_WRONG_TYPE", "1:26", "'attribute' = 'value'"),
        ("count_events('tone', 30, 'price' = 2) > 1", "RULE_WRONG_TYPE", "1:36", "put the value in quotes"),
        ("sum_events('tone', 30) > 1", "RULE_WRONG_TYPE", "1:1", "'type', 'attribute', days"),
        ("sum_usage('arpu', 3) > 1", "RULE_WRONG_TYPE", "1:11", "without quotes"),
        ("sum_usage(arpo, 3) > 1", "RULE_UNKNOWN_MEASURE", "1:11", "did you mean arpu?"),
        ("sum_usage(spend, 3) > 1", "RULE_UNKNOWN_MEASURE", "1:11", "no measure 'spend'"),
        ("age = 2 and in_segment('golf')", "RULE_UNKNOWN_SEGMENT", "1:24", "did you mean 'gold'?"),
        ("in_segment('nobody knows')", "RULE_UNKNOWN_SEGMENT", "1:12", "make it first"),
        ("in_segment('own')", "RULE_CYCLE", "1:12", "rests on this one"),
        ("in_segment('gold') and in_segment('silver')", "RULE_CYCLE", "1:35", "a circle has no members"),
        ("has_tag('a/b/c/d')", "RULE_WRONG_TYPE", "1:9", "1 to 3 levels"),
        ("has_tag('a//b')", "RULE_WRONG_TYPE", "1:9", "1 to 3 levels"),
        ("has_tag('music', 1.1)", "RULE_WRONG_TYPE", "1:18", "from 0 to 1"),
        ("has_tag('music', -0.1)", "RULE_WRONG_TYPE", "1:19", "from 0 to 1"),
        ("count_events('tone', 30)", "RULE_WRONG_TYPE", "1:1", "a number, no condition"),
        ("in_segment('gold') = true", "RULE_WRONG_TYPE", "1:1", "a condition itself"),
        ("has_tag('music') is null", "RULE_WRONG_TYPE", "1:1", "a condition itself"),
        ("count_events('tone', 30) like '1%'", "RULE_WRONG_TYPE", "1:1", "like is for texts"),
        ("count_events('tone', 30) = 'two'", "RULE_WRONG_TYPE", "1:28", "count_events' is integer"),
        ("brand = count_events('tone', 30)", "RULE_WRONG_TYPE", "1:9", "can't be compared"),
        ("count_event('tone', 30) > 1", "RULE_FORBIDDEN", "1:1", "did you mean count_events("),
        ("\"count_events\"('tone', 30) > 1", "RULE_FORBIDDEN", "1:1", "function"),
        ("count_events('tone', (select 1)) > 1", "RULE_FORBIDDEN", "1:23", "subquery"),
        ("count_events('tone', 3) + 1 > 1", "RULE_FORBIDDEN", "1:25", "compute beforehand"),
        ("count_events(lower('tone'), 3) > 1", "RULE_FORBIDDEN", "1:14", "function"),
        ("count_events(distinct 'tone', 3) > 1", "RULE_FORBIDDEN", "1:14", "distinct"),
        ("count_events('tone', 3) over () > 1", "RULE_FORBIDDEN", "1:25", "over"),
    ],
)
def test_a_bad_call_is_refused_with_its_place(text: str, reason: str, position: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_rule(text, DICTIONARY, SCOPE)
    assert (caught.value.reason, caught.value.metadata["position"]) == (reason, position), caught.value.detail
    assert said in caught.value.detail


def test_needs_name_all_that_a_rule_reads() -> None:
    text = (
        "spend > sum_usage(arpu, 6) and in_segment('gold') or not (count_events('tone', 30) > 1 and "
        "no_events('visit', 365)) and has_tag('music', 0.5) and age is not null"
    )
    needs = rule_needs(read_rule(text, DICTIONARY, SCOPE))
    assert needs.attributes == {"spend", "age"}
    assert needs.event_types == {"tone", "visit"}
    assert [*needs.measures, *needs.segments, *needs.tags] == ["arpu", GOLD, "music"]
    assert (needs.days, needs.months, needs.history) == (365, 6, True)


def test_the_time_since_an_event_needs_all_days_and_attributes_need_none() -> None:
    assert rule_needs(read_rule("days_since_event('tone') > 3", DICTIONARY, SCOPE)).days is None
    needs = rule_needs(read_rule("age > 3", DICTIONARY, SCOPE))
    assert (needs.days, needs.months, needs.history) == (0, 0, False)


def test_dependents_are_found_however_far_down_and_through_circles() -> None:
    one, two, three, four = (uuid.UUID(int=index) for index in range(1, 5))
    reads = {two: [one], three: [two, four], four: [three], one: []}
    assert dependents_of(one, reads) == {one, two, three, four}
    assert dependents_of(three, reads) == {three, four}


def test_a_month_counts_once_it_is_over_where_the_operator_is() -> None:
    months = [date(2011, 2, 1), date(2011, 3, 1), date(2011, 4, 1)]
    assert last_full_month(months, AS_OF, SHANGHAI) == date(2011, 3, 1)
    assert last_full_month(months, AS_OF, ZoneInfo("Europe/London")) == date(2011, 2, 1)
    assert last_full_month([], AS_OF, SHANGHAI) is None
    assert months_back(date(2011, 1, 1), 3) == (date(2010, 11, 1), date(2010, 12, 1), date(2011, 1, 1))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_local_days_follow_the_clocks_through_every_change(zone: str) -> None:
    start = datetime(2009, 1, 1, 5, tzinfo=UTC)
    clocks = local_time(ZoneInfo(zone), start, start + timedelta(days=730))
    for minutes in range(0, 730 * 1_440, 30):
        moment = start + timedelta(minutes=minutes, microseconds=-1 if minutes % 60 else 0)
        day = moment.astimezone(ZoneInfo(zone)).date()
        assert clocks.day(microseconds(moment)) == (day - date(1970, 1, 1)).days
