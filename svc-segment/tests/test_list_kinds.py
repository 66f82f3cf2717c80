"""Lists with several rows a number come in month by month, and rules read their rows."""

import pytest
from pyarrow import parquet

from carillon.segment.v1 import segment_pb2, snapshot_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput
from svc_segment.store.reference import shipped_list_kinds

from .segmentation import Segmentation, csv_file, number_of

LOADED, FAILED = snapshot_pb2.SNAPSHOT_STATE_LOADED, snapshot_pb2.SNAPSHOT_STATE_FAILED
CLIENTS = ["msisdn", "month", "city", "service", "logins_00_12", "logins_12_24"]
FEBRUARY = [
    [number_of(1), "2011-02", "gz", "QQ", 10, 20],
    [number_of(1), "2011-02", "gz", "MSN", 1, ""],
    [number_of(2), "2011-02", "sz", "QQ", 3, 4],
]
MARCH = [
    [number_of(1), "201103", "gz", "QQ", 5, 5],
    [number_of(3), "2011-03", "gz", "Pica", 7, 0],
    [number_of(9), "2011-03", "gz", "QQ", 1, 1],
    [number_of(9), "2011-03", "gz", "MSN", 1, 1],
]


@pytest.fixture
async def four(segmentation: Segmentation) -> Segmentation:
    """Subscribers 1 to 4 are known."""
    await segmentation.load(csv_file(["msisdn"], *[[number_of(one)] for one in range(1, 5)]))
    return segmentation


async def load(four: Segmentation, *rows: list[object], as_of: str = "2011-03-31") -> snapshot_pb2.Snapshot:
    content = csv_file(CLIENTS, *rows)
    return await four.load(content, kind="list", list_name="clients", list_kind="third_party_clients", as_of=as_of)


async def listed(four: Segmentation) -> list[int]:
    found = await invoke(four.segments.ListSegments, segment_pb2.ListSegmentsRequest())
    (segment,) = (one for one in found.segments if one.name == "clients")
    return [one for table in await four.members(segment.id) for one in table["subscriber_id"].to_pylist()]


async def test_the_users_of_other_clients_come_with_a_row_a_service_and_month(four: Segmentation) -> None:
    """SEG-49, SEG-51: who logs in to QQ, how often and at what time of day is a condition of a rule."""
    snapshot = await load(four, *FEBRUARY, *MARCH)
    assert (snapshot.state, snapshot.problem, snapshot.list_kind) == (LOADED, "", "third_party_clients")
    assert (snapshot.rows, snapshot.accepted, snapshot.strangers) == (7, 7, 2)
    assert snapshot.notice == "1 numbers are nobody's"
    assert await listed(four) == [1, 3]
    kept = parquet.read_table(four.data_dir / "lists" / f"{snapshot.id}-2011-02.parquet").to_pylist()
    assert [one["subscriber_id"] for one in kept] == [1, 1, 2]
    for rule, count in {
        "count_rows('clients', 1, 'service' = 'QQ') > 0": 1,
        "count_rows('clients', 2, 'service' = 'QQ') > 0": 2,
        "sum_rows('clients', 'logins_12_24', 2, 'service' = 'QQ') >= 25": 1,
        "months_with_rows('clients', 24) = 2": 1,
        "count_rows('clients', 2) = 0": 1,
        "max_rows('clients', 'logins_12_24', 2, 'service' = 'MSN') is null": 4,
        "in_segment('clients') and avg_rows('clients', 'logins_00_12', 1) > 5": 1,
    }.items():
        assert await four.count(rule) == count, rule


async def test_a_file_takes_the_place_of_its_own_months_and_a_late_one_changes_no_members(four: Segmentation) -> None:
    await load(four, *MARCH)
    watchers = await four.create("QQ", "count_rows('clients', 2, 'service' = 'QQ') > 0")
    assert watchers.count == 1
    late = await load(four, *FEBRUARY, as_of="2011-02-28")
    assert late.notice == "the file is late: rows of 2011-03 are loaded already and say who is in the list"
    assert await listed(four) == [1, 3]
    assert (await four.rebuilt(watchers.id, version=2)).count == 2
    again = await load(four, [number_of(4), "2011-03", "gz", "MSN", 1, 1])
    assert again.notice == ""
    assert await listed(four) == [4]
    assert await four.count("count_rows('clients', 1) > 0") == 1
    assert await four.count("count_rows('clients', 2) > 0") == 3


async def test_bad_rows_of_a_list_are_told(four: Segmentation) -> None:
    snapshot = await load(
        four,
        [number_of(1), "", "gz", "QQ", 1, 1],
        [number_of(1), "2011-13", "gz", "QQ", 1, 1],
        [number_of(1), "2111-01", "gz", "QQ", 1, 1],
        [number_of(1), "2011-03", "gz", "QQ", "often", 1],
        [number_of(1), "2011-03", "gz", "QQ", 1, 1],
    )
    assert await four.rejects(snapshot) == [
        (1, "month", "MISSING"),
        (2, "month", "WRONG_TYPE"),
        (3, "month", "OUT_OF_RANGE"),
        (4, "logins_00_12", "WRONG_TYPE"),
    ]


async def test_points_are_one_row_a_number_and_month(four: Segmentation) -> None:
    """SEG-50: friends and groups have several rows a number, points one."""
    rows = [[number_of(1), "2011-02", 5], [number_of(1), "2011-03", 7], [number_of(1), "2011-03", 9]]
    content = csv_file(["msisdn", "month", "points"], *rows)
    snapshot = await four.load(content, kind="list", list_name="fetion points", list_kind="points")
    assert await four.rejects(snapshot) == [(3, "msisdn", "DUPLICATE")]
    assert await four.count("sum_rows('fetion points', 'points', 3) = 12") == 1
    friends = csv_file(["msisdn", "friend"], [number_of(2), "a"], [number_of(2), "b"], [number_of(3), "a"])
    loaded = await four.load(friends, kind="list", list_name="mobile friends", list_kind="friends")
    assert loaded.accepted == 3
    assert await four.count("count_rows('mobile friends', 1) >= 2") == 1


async def test_answers_of_a_questionnaire_are_conditions(four: Segmentation) -> None:
    """SEG-58: what users say of themselves, beside what they do; the next file takes the place of all answers."""
    rows = [[number_of(1), "music", "jazz"], [number_of(1), "age", "20"], [number_of(2), "music", "pop"]]
    content = csv_file(["msisdn", "question", "answer"], *rows)
    await four.load(content, kind="list", list_name="survey", list_kind="questionnaire")
    assert await four.count("count_rows('survey', 1, 'answer' = 'jazz') > 0") == 1
    later = csv_file(["msisdn", "question", "answer"], [number_of(3), "music", "rock"])
    await four.load(later, kind="list", list_name="survey", list_kind="questionnaire", as_of="2011-04-30")
    assert await four.count("count_rows('survey', 24) > 0") == 1


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("count_rows('client', 1) > 0", "did you mean 'clients'?"),
        ("count_rows('clients', 1, 'brand' = 'x') > 0", "the list has no column 'brand'; it has city"),
        ("sum_rows('clients', 'spend', 1) > 0", "the list has no column 'spend'"),
    ],
)
async def test_a_rule_names_lists_and_columns_that_there_are(four: Segmentation, rule: str, said: str) -> None:
    await load(four, *MARCH)
    with pytest.raises(InvalidInput) as refusal:
        await four.count(rule)
    assert refusal.value.reason == "RULE_UNKNOWN_LIST"
    assert said in refusal.value.detail


async def test_a_kind_says_which_columns_its_rows_have(four: Segmentation) -> None:
    content = csv_file(["msisdn", "city"], [number_of(1), "gz"])
    snapshot = await four.load(content, kind="list", list_name="clients", list_kind="third_party_clients")
    assert snapshot.state == FAILED
    assert "a list of the kind third_party_clients has columns that this lacks: service" in snapshot.problem
    with pytest.raises(InvalidInput) as refusal:
        await four.upload(content, kind="list", list_name="clients", list_kind="letters")
    assert refusal.value.reason == "LIST_KIND_UNKNOWN"
    with pytest.raises(InvalidInput) as refusal:
        await four.upload(content, kind="usage", month="2011-03", list_kind="points")
    assert refusal.value.reason == "LIST_KIND_UNASKED"
    read_anew = await four.load(content, kind="list", list_name="clients")
    assert read_anew.state == LOADED


def test_the_shipped_kinds_are_the_lists_of_the_source_contacts_and_the_plain_one() -> None:
    kinds = {kind.code: (kind.several, kind.monthly) for kind in shipped_list_kinds()}
    assert kinds == {
        "plain": (False, False),
        "third_party_clients": (True, True),
        "friends": (True, True),
        "points": (False, True),
        "groups": (True, True),
        "contacts": (True, True),
        "questionnaire": (True, False),
    }
