"""Snapshots over real gRPC and PostgreSQL: good rows load, bad rows are told, bad files are refused whole."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from carillon.segment.v1 import snapshot_pb2, subscriber_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, InvalidInput, NotFound

from .segmentation import BASICS, Segmentation, csv_file, number_of, parquet_file

HEADER = ["msisdn", *BASICS]
GOOD = [
    ["13800000001", "全球通", "88.5", "31", "true", "2008-03-20"],
    ["+8613800000002", "动感地带", "20", "", "0", "2010-01-01"],
    ["008613800000003", "神州行", "", "45", "f", ""],
]
TYPED = pa.table(
    {
        "msisdn": pa.array([13800000001, 13800000002, 13800000003]),
        "brand": pa.array(["全球通", "动感地带", "神州行"]).dictionary_encode(),
        "arpu": pa.array([88.5, 20.0, None], pa.float32()),
        "age": pa.array([31.0, None, 45.0]),
        "member": pa.array([True, False, False]),
        "joined": pa.array([datetime(2008, 3, 20, tzinfo=UTC), datetime(2010, 1, 1, tzinfo=UTC), None]).cast(
            pa.timestamp("us")
        ),
    }
)


async def attributes_of(segmentation: Segmentation, subscriber_id: int) -> dict[str, object]:
    answer = await invoke(
        segmentation.subscribers.GetSubscriber, subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
    )
    return {value.name: getattr(value, value.WhichOneof("value") or "") for value in answer.attributes}


@pytest.mark.parametrize("content", [csv_file(HEADER, *GOOD), parquet_file(TYPED)], ids=["csv", "parquet"])
async def test_csv_and_parquet_load_alike(segmentation: Segmentation, content: bytes) -> None:
    snapshot = await segmentation.load(content, BASICS)
    assert (snapshot.state, snapshot.problem) == (snapshot_pb2.SNAPSHOT_STATE_LOADED, "")
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected, snapshot.rows_done) == (3, 3, 0, 3)
    assert await attributes_of(segmentation, 1) == {
        "brand": "全球通",
        "arpu": 88.5,
        "age": 31,
        "member": True,
        "joined": "2008-03-20",
    }
    assert await attributes_of(segmentation, 3) == {"brand": "神州行", "age": 45, "member": False}
    assert await segmentation.count("brand = '神州行' and arpu is null and joined is null") == 1


async def test_good_rows_load_and_bad_rows_are_kept_with_row_and_reason(segmentation: Segmentation) -> None:
    rows: list[list[str]] = [
        GOOD[0],
        ["13800000004", "全球通", "much", "31", "true", "2008-03-20"],
        ["13800000005", "全球通", "1", "31.5", "true", "2008-03-20"],
        ["13800000006", "全球通", "1", "31", "maybe", "2008-03-20"],
        ["13800000007", "全球通", "1", "31", "true", "2008-02-30"],
        ["", "全球通", "1", "31", "true", "2008-03-20"],
        ["12345", "全球通", "1", "31", "true", "2008-03-20"],
        ["+86 138 0000 0001", "again", "1", "31", "true", "2008-03-20"],
        ["13800000008", "too few"],
        ["13800000009", "too", "1", "31", "true", "2008-03-20", "many"],
        ["13800000004", "now right", "1", "99999999999999999999", "true", "2008-03-20"],
        ["13800000004", "at last", "1e2", "-31", "TRUE", "2008-03-20"],
        ["+1 650 253 0000", "abroad", "NaN", "31", "true", ""],
        ["+1 650 253 0000", "abroad", "1", "31", "true", ""],
        ["020 8888 1234", "fixed line", "1", "31", "true", ""],
    ]
    snapshot = await segmentation.load(csv_file(HEADER, *rows), BASICS)
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected) == (15, 4, 11)
    told = [
        (2, "arpu", "WRONG_TYPE"),
        (3, "age", "WRONG_TYPE"),
        (4, "member", "WRONG_TYPE"),
        (5, "joined", "WRONG_TYPE"),
        (6, "msisdn", "MISSING"),
        (7, "msisdn", "INVALID_NUMBER"),
        (8, "msisdn", "DUPLICATE"),
        (9, "arpu", "MISSING"),
        (10, "joined", "WRONG_TYPE"),
        (11, "age", "WRONG_TYPE"),
        (13, "arpu", "WRONG_TYPE"),
    ]
    assert await segmentation.rejects(snapshot) == told
    assert await segmentation.rejects(snapshot, page_size=4) == told
    assert (await attributes_of(segmentation, 2))["brand"] == "at last"
    assert (await attributes_of(segmentation, 3))["brand"] == "abroad"
    assert (await attributes_of(segmentation, 4))["brand"] == "fixed line"


@pytest.mark.parametrize(
    ("content", "dictionary", "problem"),
    [
        (
            csv_file(["number", "brand"], ["1", "x"]),
            {"brand": "text", "number": "text"},
            "no column of numbers: msisdn",
        ),
        (csv_file(["msisdn", "brand"], [number_of(1), "x"]), BASICS, "does not have: arpu, age, member, joined"),
        (csv_file(["msisdn", "brand", "colour"], [number_of(1), "x", "red"]), {"brand": "text"}, "describes; send"),
        (csv_file(["msisdn", "msisdn"], [number_of(1), "x"]), {}, "two columns of one name: msisdn"),
        (b"PAR1 and then nothing of the kind", {}, "can't be read as Parquet"),
        (b"", {}, "can't be read as CSV"),
        (b"msisdn,brand\n13800000001,\xff\xfe\n", {"brand": "text"}, "can't be read as CSV"),
        (
            parquet_file(pa.table({"msisdn": [number_of(1)], "joined": [3.5]})),
            {"joined": "date"},
            "the column joined of the file is DOUBLE, its attribute is date",
        ),
        (
            parquet_file(pa.table({"msisdn": [number_of(1)], "brand": [["x"]]})),
            {"brand": "text"},
            "VARCHAR[]",
        ),
    ],
)
async def test_a_file_that_can_not_be_loaded_is_refused_whole(
    segmentation: Segmentation, content: bytes, dictionary: dict[str, str], problem: str
) -> None:
    snapshot = await segmentation.load(content, dictionary)
    assert snapshot.state == snapshot_pb2.SNAPSHOT_STATE_FAILED
    assert problem in snapshot.problem
    answer = await invoke(segmentation.snapshots.ListAttributes, snapshot_pb2.ListAttributesRequest())
    assert not answer.attributes


async def test_a_failed_file_may_come_again_with_its_dictionary(segmentation: Segmentation) -> None:
    content = csv_file(HEADER, *GOOD)
    failed = await segmentation.load(content, {"brand": "text"})
    assert failed.state == snapshot_pb2.SNAPSHOT_STATE_FAILED
    loaded = await segmentation.load(content, BASICS)
    assert loaded.id != failed.id
    assert loaded.state == snapshot_pb2.SNAPSHOT_STATE_LOADED


async def test_the_same_file_a_second_time_is_the_first_snapshot(segmentation: Segmentation) -> None:
    content = csv_file(HEADER, *GOOD)
    first = await segmentation.load(content, BASICS)
    second = await segmentation.upload(content, BASICS, as_of="2011-04-30", name="again.csv")
    assert second == first
    async with segmentation.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM base") == 1


async def test_a_later_snapshot_replaces_its_columns_of_its_subscribers_only(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(HEADER, *GOOD), BASICS)
    later = csv_file(["tenure", "msisdn", "arpu"], [9, number_of(4), 7], [12, number_of(1), ""], [1, number_of(3), 5.5])
    snapshot = await segmentation.load(later, {"tenure": "integer"}, as_of="2011-04-30")
    assert snapshot.accepted == 3
    assert await attributes_of(segmentation, 1) == {
        "brand": "全球通",
        "age": 31,
        "member": True,
        "joined": "2008-03-20",
        "tenure": 12,
    }
    assert await attributes_of(segmentation, 2) == {
        "brand": "动感地带",
        "arpu": 20.0,
        "member": False,
        "joined": "2010-01-01",
    }
    assert await attributes_of(segmentation, 3) == {
        "brand": "神州行",
        "arpu": 5.5,
        "age": 45,
        "member": False,
        "tenure": 1,
    }
    assert await attributes_of(segmentation, 4) == {"arpu": 7.0, "tenure": 9}
    assert await segmentation.count("true") == 4


async def test_ordinals_are_dense_in_file_order_and_for_ever(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn"], [number_of(30)], ["bad"], [number_of(10)], [number_of(20)]))
    await segmentation.load(csv_file(["msisdn"], [number_of(5)], [number_of(20)], [number_of(40)], [number_of(30)]))
    asked = [number_of(one) for one in (5, 10, 20, 30, 40, 50)]
    answer = await invoke(segmentation.subscribers.ResolveNumbers, subscriber_pb2.ResolveNumbersRequest(msisdns=asked))
    found = {entry.msisdn: entry.subscriber_id for entry in answer.entries}
    assert found == {number_of(30): 1, number_of(10): 2, number_of(20): 3, number_of(5): 4, number_of(40): 5}
    answer_back = await invoke(
        segmentation.subscribers.LookUpNumbers,
        subscriber_pb2.LookUpNumbersRequest(subscriber_ids=[5, 1, 6, 4_294_967_295]),
    )
    back = {entry.subscriber_id: entry.msisdn for entry in answer_back.entries}
    assert back == {1: number_of(30), 5: number_of(40)}


async def test_a_later_snapshot_may_not_change_a_type(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn", "age"], [number_of(1), 31]), {"age": "integer"})
    with pytest.raises(Conflict) as caught:
        await segmentation.upload(csv_file(["msisdn", "age"], [number_of(1), "old"]), {"age": "text"})
    assert (caught.value.reason, caught.value.field) == ("ATTRIBUTE_TYPE_CHANGED", "dictionary.age")
    assert "is integer and can't become text" in caught.value.detail


async def test_the_dictionary_lists_each_attribute_with_type_and_description(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(HEADER, *GOOD), BASICS)
    answer = await invoke(segmentation.snapshots.ListAttributes, snapshot_pb2.ListAttributesRequest())
    assert [(one.name, one.description) for one in answer.attributes] == [(name, f"The {name}") for name in BASICS]
    assert answer.attributes[4].type == snapshot_pb2.ATTRIBUTE_TYPE_DATE


@pytest.mark.parametrize(
    ("dictionary", "as_of", "field"),
    [({"msisdn": "text"}, "2011-03-31", "dictionary.msisdn"), ({}, "2011-02-30", "header.as_of")],
)
async def test_a_bad_header_is_refused_before_the_file_comes(
    segmentation: Segmentation, dictionary: dict[str, str], as_of: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await segmentation.upload(csv_file(["msisdn"], [number_of(1)]), dictionary, as_of=as_of)
    assert caught.value.field == field


async def test_an_unknown_snapshot_is_not_found(segmentation: Segmentation) -> None:
    unknown = "0190b3a0-0000-7000-8000-000000000001"
    with pytest.raises(NotFound):
        await invoke(segmentation.snapshots.GetSnapshot, snapshot_pb2.GetSnapshotRequest(id=unknown))
    with pytest.raises(NotFound):
        await invoke(segmentation.snapshots.ListRejects, snapshot_pb2.ListRejectsRequest(snapshot_id=unknown))


async def test_rows_of_a_csv_keep_their_row_over_many_blocks(segmentation: Segmentation) -> None:
    """Misfits lie in every block, so that a slip of one row in the numbering would show."""
    rows: list[list[object]] = [[number_of(row), "x" * 200, row] for row in range(1, 60_001)]
    bad = list(range(7, 60_001, 997))
    for row in bad:
        rows[row - 1] = [number_of(row), "x"] if row % 2 else [number_of(row), "x", "no integer"]
    snapshot = await segmentation.load(csv_file(["msisdn", "text", "row"], *rows), {"text": "text", "row": "integer"})
    assert snapshot.accepted == 60_000 - len(bad)
    assert [row for row, _, _ in await segmentation.rejects(snapshot, page_size=1_000)] == bad


async def test_a_snapshot_without_one_good_row_leaves_the_subscribers_alone(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn", "age"], [number_of(1), 31]), {"age": "integer"})
    snapshot = await segmentation.load(csv_file(["msisdn", "age"], ["none", 31]))
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected) == (1, 0, 1)
    assert await segmentation.count("age = 31") == 1
