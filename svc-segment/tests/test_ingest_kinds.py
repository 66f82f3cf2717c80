"""Usage, events and lists come in as subscribers do: good rows load, bad ones are told, late and partial is said."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from carillon.segment.v1 import snapshot_pb2
from carillon_chassis.errors import Conflict, InvalidInput
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles, read_history, read_measures

from .segmentation import Segmentation, csv_file, number_of, parquet_file

LOADED, FAILED = snapshot_pb2.SNAPSHOT_STATE_LOADED, snapshot_pb2.SNAPSHOT_STATE_FAILED
NOW = datetime(2011, 3, 31, 8, tzinfo=UTC)
CALLS = {"calls": "integer", "minutes": "number"}


@pytest.fixture
async def three(segmentation: Segmentation) -> Segmentation:
    """Subscribers 1 to 3 are known."""
    await segmentation.load(csv_file(["msisdn"], *[[number_of(one)] for one in (1, 2, 3)]))
    return segmentation


async def history(segmentation: Segmentation) -> HistoryFiles:
    async with segmentation.database.read() as unit:
        return await read_history(unit, DataFolder(segmentation.data_dir), as_of=NOW)


async def test_a_month_of_usage_lies_sorted_by_subscriber(three: Segmentation) -> None:
    rows = [
        [number_of(3), "30", "3.5"],
        [number_of(1), "10", ""],
        [number_of(9), "90", "9"],
        [number_of(1), "11", "1"],
        [number_of(2), "ten", "2"],
    ]
    content = csv_file(["msisdn", *CALLS], *rows)
    snapshot = await three.load(content, CALLS, kind="usage", month="2011-02", as_of="2011-03-01")
    assert (snapshot.state, snapshot.problem) == (LOADED, "")
    assert (snapshot.month, snapshot.complete, snapshot.notice) == ("2011-02", True, "")
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected) == (5, 2, 3)
    assert await three.rejects(snapshot) == [
        (3, "msisdn", "UNKNOWN_NUMBER"),
        (4, "msisdn", "DUPLICATE"),
        (5, "calls", "WRONG_TYPE"),
    ]
    usage = (await history(three)).usage
    assert list(usage) == [date(2011, 2, 1)]
    table = parquet.read_table(usage[date(2011, 2, 1)])
    assert table.schema.types == [pa.uint32(), pa.int64(), pa.float64()]
    assert table.to_pylist() == [
        {"subscriber_id": 1, "calls": 10, "minutes": None},
        {"subscriber_id": 3, "calls": 30, "minutes": 3.5},
    ]
    async with three.database.read() as unit:
        assert list(await read_measures(unit)) == ["calls", "minutes"]
    assert (await three.load(content, kind="usage", month="2011-02")).id == snapshot.id


async def test_partial_late_and_replaced_months_are_told(three: Segmentation) -> None:
    async def load(month: str, as_of: str, calls: int) -> snapshot_pb2.Snapshot:
        content = csv_file(["msisdn", "calls"], [number_of(1), calls])
        return await three.load(content, {"calls": "integer"}, kind="usage", month=month, as_of=as_of)

    march = await load("2011-03", "2011-03-15", 1)
    assert (march.complete, march.notice) == (False, "the month is partial: the file describes it up to 2011-03-15")
    whole = await load("2011-03", "2011-04-01", 2)
    assert (whole.complete, whole.notice) == (True, "it takes the place of version 1, which was as of 2011-03-15")
    late = await load("2011-01", "2011-04-01", 3)
    assert late.notice == "the file is late: usage of 2011-03 is loaded already"
    older = await load("2011-03", "2011-03-20", 4)
    assert (older.state, older.problem) == (
        FAILED,
        "the usage of 2011-03 is loaded as of 2011-04-01; this file knows it only as of 2011-03-20",
    )
    usage = (await history(three)).usage
    assert [parquet.read_table(usage[date(2011, month, 1)])["calls"].to_pylist() for month in (1, 3)] == [[3], [2]]
    # What another file took the place of may come again, and then counts anew.
    again = await load("2011-01", "2011-04-01", 5)
    back = await load("2011-01", "2011-04-01", 3)
    assert "takes the place of version 2" in back.notice
    assert len({late.id, again.id, back.id}) == 3


@pytest.mark.parametrize(
    ("kind", "month", "name", "refused"),
    [
        ("usage", "", "", "MONTH_MISSING"),
        ("usage", "2011-04", "", "MONTH_INVALID"),
        ("usage", "2011-13", "", "DAY_INVALID"),
        ("subscribers", "2011-03", "", "MONTH_UNASKED"),
        ("list", "", "", "NAME_MISSING"),
        ("events", "", "friends", "NAME_UNASKED"),
    ],
)
async def test_a_header_says_what_its_kind_needs(
    segmentation: Segmentation, kind: str, month: str, name: str, refused: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await segmentation.upload(b"msisdn\n", kind=kind, month=month, list_name=name)
    assert refusal.value.reason == refused


@pytest.mark.parametrize(
    ("header", "dictionary", "problem"),
    [
        (["msisdn"], {}, "measures nothing"),
        (["msisdn", "plan"], {"plan": "text"}, "measures of usage are integers or numbers: plan"),
        (["msisdn", "calls"], {}, "no attribute describes"),
    ],
)
async def test_a_file_that_measures_nothing_is_refused_whole(
    three: Segmentation, header: list[str], dictionary: dict[str, str], problem: str
) -> None:
    content = csv_file(header, [number_of(1), "1"][: len(header)])
    snapshot = await three.load(content, dictionary, kind="usage", month="2011-03")
    assert snapshot.state == FAILED
    assert problem in snapshot.problem
    assert not (await history(three)).usage


async def test_a_measure_keeps_its_type(three: Segmentation) -> None:
    await three.load(
        csv_file(["msisdn", "calls"], [number_of(1), 1]), {"calls": "integer"}, kind="usage", month="2011-03"
    )
    with pytest.raises(Conflict):
        await three.upload(b"msisdn,calls\n", {"calls": "number"}, kind="usage", month="2011-02")


EVENTS = ["msisdn", "type", "at", "page", "amount_fen"]


async def test_events_lie_in_files_of_one_day_sorted_by_type_and_subscriber(three: Segmentation) -> None:
    rows: list[list[str]] = [
        [number_of(2), "visit", "2011-03-30T23:30:00+08:00", "首页", ""],
        [number_of(1), "visit", "2011-03-30T10:00:00Z", "", "5"],
        [number_of(1), "recharge", "2011-03-30T10:00:00Z", "", "500"],
        [number_of(1), "visit", "2011-03-30T10:00:00Z", "", "5"],
        [number_of(3), "visit", "2011-03-31T00:30:00+08:00", "", ""],
        [number_of(3), "visit", "2011-03-31T01:00:00.250Z", "", ""],
        [number_of(3), "visit", "2011-03-31T01:00:00", "", ""],
        [number_of(3), "", "2011-03-31T01:00:00Z", "", ""],
        [number_of(3), "x" * 65, "2011-03-31T01:00:00Z", "", ""],
        [number_of(3), "visit", "", "", ""],
        [number_of(3), "visit", "2111-03-31T01:00:00Z", "", ""],
        [number_of(3), "visit", "2011-03-31T01:00:00Z", "p" * 501, ""],
        [number_of(9), "visit", "2011-03-31T01:00:00Z", "", ""],
        [number_of(3), "cell_seen", "2011-03-31T01:00:00Z", "", ""],
    ]
    snapshot = await three.load(csv_file(EVENTS, *rows), kind="events")
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected) == (14, 6, 8)
    assert await three.rejects(snapshot) == [
        (7, "at", "WRONG_TYPE"),
        (8, "type", "MISSING"),
        (9, "type", "OUT_OF_RANGE"),
        (10, "at", "MISSING"),
        (11, "at", "OUT_OF_RANGE"),
        (12, "page", "OUT_OF_RANGE"),
        (13, "msisdn", "UNKNOWN_NUMBER"),
        (14, "cell", "MISSING"),
    ]
    files = (await history(three)).events
    assert [file.name[:10] for file in files] == ["2011-03-30", "2011-03-31"]
    first = parquet.read_table(files[0]).to_pylist()
    assert [(one["type"], one["subscriber_id"], one["attributes"]) for one in first] == [
        ("recharge", 1, [("amount_fen", "500")]),
        ("visit", 1, [("amount_fen", "5")]),
        ("visit", 1, [("amount_fen", "5")]),
        ("visit", 2, [("page", "首页")]),
        ("visit", 3, []),
    ]
    assert parquet.read_table(files[1])["at"].to_pylist() == [datetime(2011, 3, 31, 1, 0, 0, 250_000, UTC)]


async def test_events_of_parquet_take_its_types(three: Segmentation) -> None:
    table = pa.table(
        {
            "msisdn": [number_of(1), number_of(2)],
            "type": pa.array(["recharge", "visit"]).dictionary_encode(),
            "at": pa.array([NOW, NOW]).cast(pa.timestamp("us", "UTC")),
            "amount_fen": [500, None],
        }
    )
    snapshot = await three.load(parquet_file(table), {"amount_fen": "integer"}, kind="events")
    assert (snapshot.accepted, snapshot.rejected) == (2, 0)
    (file,) = (await history(three)).events
    assert parquet.read_table(file)["attributes"].to_pylist() == [[("amount_fen", "500")], []]


async def test_events_without_a_type_or_a_time_are_refused_whole(three: Segmentation) -> None:
    snapshot = await three.load(csv_file(["msisdn", "at"], [number_of(1), "2011-03-31T01:00:00Z"]), kind="events")
    assert "each event has msisdn, type and at; the file lacks: type" in snapshot.problem


async def test_a_list_becomes_a_segment_and_strangers_are_counted_apart(three: Segmentation) -> None:
    rows = [[number_of(3), "QQ", "7"], [number_of(8), "QQ", "1"], ["12345", "QQ", "1"], [number_of(1), "", "x"]]
    content = csv_file(["msisdn", "client", "logins"], *rows, [number_of(1), "MSN", "2"])
    snapshot = await three.load(content, {"logins": "integer"}, kind="list", list_name="other clients")
    assert (snapshot.state, snapshot.problem) == (LOADED, "")
    assert (snapshot.rows, snapshot.accepted, snapshot.rejected, snapshot.strangers) == (5, 3, 2, 1)
    assert snapshot.notice == "1 numbers are nobody's"
    kept = parquet.read_table(three.data_dir / "lists" / f"{snapshot.id}-2011-03.parquet")
    assert kept.to_pylist() == [
        {"subscriber_id": 1, "columns": [("client", "MSN"), ("logins", "2")]},
        {"subscriber_id": 3, "columns": [("client", "QQ"), ("logins", "7")]},
    ]
    assert await three.count("sum_rows('other clients', 'logins', 1) > 2") == 1
    async with three.database.read() as unit:
        found = await unit.driver.fetchrow(
            "SELECT kind, count FROM segment JOIN membership ON segment_id = segment.id "
            "AND membership.version = segment.version WHERE name = 'other clients'"
        )
    assert found is not None
    assert tuple(found) == ("list", 2)


async def test_the_next_file_of_a_list_replaces_its_members(three: Segmentation) -> None:
    first = csv_file(["msisdn"], [number_of(1)], [number_of(2)])
    second = csv_file(["msisdn"], [number_of(3)])
    loaded = [await three.load(content, kind="list", list_name="friends") for content in (first, second, second, first)]
    assert [one.state for one in loaded] == [LOADED] * 4
    assert loaded[1].id == loaded[2].id
    assert loaded[3].id != loaded[0].id
    other = await three.load(first, kind="list", list_name="points")
    assert other.id != loaded[3].id
    async with three.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM segment WHERE name IN ('friends', 'points')") == 2


async def test_a_list_cannot_take_the_name_of_a_rules_segment(three: Segmentation) -> None:
    await three.create("everybody", "true")
    snapshot = await three.load(csv_file(["msisdn"], [number_of(1)]), kind="list", list_name="everybody")
    assert snapshot.state == FAILED
    assert "everybody" in snapshot.problem


async def test_a_file_that_is_bad_throughout_is_refused_before_it_fills_the_memory(
    three: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("svc_segment.store.snapshot_file.MAX_REJECTS", 2)
    rows = [[number_of(one), 1] for one in (7, 8, 9)]
    snapshot = await three.load(
        csv_file(["msisdn", "calls"], *rows), {"calls": "integer"}, kind="usage", month="2011-03"
    )
    assert snapshot.state == FAILED
    assert "more than 2 rows are bad" in snapshot.problem
