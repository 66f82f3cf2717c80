"""Segments over real gRPC and PostgreSQL: exact counts, versioned membership, members with attributes as Arrow."""

import asyncio
from collections.abc import Callable

import pyarrow as pa
import pytest

from carillon.segment.v1 import segment_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, InvalidInput, NotFound, StateRefused
from svc_segment.store.bases import lock_base

from .segmentation import Segmentation, csv_file, new_request_id, number_of

SUBSCRIBERS = 12_345
TYPES = {"age": "integer", "brand": "text", "arpu": "number", "member": "boolean", "joined": "date"}
BRANDS = ["全球通", "动感地带", "神州行"]


def base_file(subscribers: int = SUBSCRIBERS) -> bytes:
    """Subscribers 1, 2, 3 ...: age is the id modulo 100 and null for each hundredth, brand the id modulo 3."""
    rows = [
        [number_of(one), one % 100 or "", BRANDS[one % 3], one / 4, one % 2 == 0, f"20{one % 10 + 10}-01-02"]
        for one in range(1, subscribers + 1)
    ]
    return csv_file(["msisdn", *TYPES], *rows)


@pytest.fixture
async def loaded(segmentation: Segmentation) -> Segmentation:
    """Twelve thousand subscribers."""
    snapshot = await segmentation.load(base_file(), TYPES)
    assert snapshot.accepted == SUBSCRIBERS
    return segmentation


async def test_nothing_can_be_segmented_before_the_first_snapshot(segmentation: Segmentation) -> None:
    with pytest.raises(StateRefused) as caught:
        await segmentation.count("true")
    assert caught.value.reason == "NO_SNAPSHOT"


COUNTED: dict[str, Callable[[int], bool]] = {
    "true": lambda _: True,
    "false": lambda _: False,
    "age < 30": lambda one: 0 < one % 100 < 30,
    "not (age < 30)": lambda one: one % 100 >= 30,
    "age is null": lambda one: one % 100 == 0,
    "brand = '全球通' and member": lambda one: one % 6 == 0,
    "brand in ('动感地带', '神州行') or arpu > 3000": lambda one: one % 3 > 0 or one > 12_000,
    "joined between '2012-01-01' and '2013-12-31'": lambda one: one % 10 in {2, 3},
    "brand like '动%'": lambda one: one % 3 == 1,
}


async def test_a_preview_counts_exactly(loaded: Segmentation) -> None:
    for rule, fits in COUNTED.items():
        answer = await invoke(loaded.segments.PreviewRule, segment_pb2.PreviewRuleRequest(rule=rule))
        assert answer.count == sum(1 for one in range(1, SUBSCRIBERS + 1) if fits(one)), rule
        assert answer.as_of == "2011-03-31"
        assert 0 <= answer.took_ms < 60_000


async def test_a_refused_rule_tells_its_place_over_the_wire(loaded: Segmentation) -> None:
    for refused in (
        invoke(loaded.segments.PreviewRule, segment_pb2.PreviewRuleRequest(rule="member and\n ago > 3")),
        loaded.create("bad", "member and\n ago > 3"),
    ):
        with pytest.raises(InvalidInput) as caught:
            await refused
        assert (caught.value.reason, caught.value.field) == ("RULE_UNKNOWN_ATTRIBUTE", "rule")
        assert caught.value.detail == "line 2, column 2: there is no attribute 'ago'; did you mean age?"
        assert caught.value.metadata["position"] == "2:2"


async def test_a_segment_keeps_rule_count_and_day(loaded: Segmentation) -> None:
    made = await loaded.create("members of GoTone", "brand = '全球通' and member")
    assert (made.version, made.count, made.as_of) == (1, SUBSCRIBERS // 6, "2011-03-31")
    found = await invoke(loaded.segments.GetSegment, segment_pb2.GetSegmentRequest(id=made.id))
    assert found.segment == made


async def test_a_replayed_request_gives_the_first_segment_and_another_body_conflicts(loaded: Segmentation) -> None:
    request = segment_pb2.CreateSegmentRequest(request_id=new_request_id(), name="young", rule="age < 30")
    first = await invoke(loaded.segments.CreateSegment, request)
    assert await invoke(loaded.segments.CreateSegment, request) == first
    request.rule = "age < 31"
    with pytest.raises(Conflict) as caught:
        await invoke(loaded.segments.CreateSegment, request)
    assert caught.value.reason == "IDEMPOTENCY_CONFLICT"


async def test_a_name_is_taken_once_and_the_refusal_names_the_segment(loaded: Segmentation) -> None:
    made = await loaded.create("young", "age < 30")
    with pytest.raises(Conflict) as caught:
        await loaded.create("young", "age < 31")
    assert (caught.value.reason, caught.value.metadata["id"]) == ("SEGMENT_NAME_TAKEN", made.id)


async def test_members_come_in_batches_by_rising_id_with_the_attributes_asked_for(loaded: Segmentation) -> None:
    made = await loaded.create("young or unknown", "age < 60 or age is null")
    batches = await loaded.members(made.id, "brand", "age", "joined")
    assert [batch.num_rows for batch in batches] == [5_000, made.count - 5_000]
    members = pa.concat_tables(batches)
    assert members.schema == pa.schema(
        [("subscriber_id", pa.uint32()), ("brand", pa.string()), ("age", pa.int64()), ("joined", pa.date32())]
    )
    ids = members["subscriber_id"].to_pylist()
    assert ids == [one for one in range(1, SUBSCRIBERS + 1) if one % 100 < 60]
    assert members["brand"].to_pylist() == [BRANDS[one % 3] for one in ids]
    assert members["age"].to_pylist() == [one % 100 or None for one in ids]


async def test_a_segment_is_not_made_while_a_snapshot_is_swapped(loaded: Segmentation) -> None:
    """Else the segment would rest on the old version, and the rebuild after the swap would not know of it."""
    async with loaded.database.unit_of_work() as unit:
        await lock_base(unit)
        making = asyncio.ensure_future(loaded.create("young", "age < 30"))
        await asyncio.sleep(0.3)
        assert not making.done()
    assert (await making).version == 1


async def test_an_empty_segment_streams_nothing(loaded: Segmentation) -> None:
    made = await loaded.create("nobody", "false")
    assert await loaded.members(made.id, "age") == []


async def test_asking_for_an_unknown_attribute_is_a_clear_error(loaded: Segmentation) -> None:
    made = await loaded.create("all", "true")
    with pytest.raises(InvalidInput) as caught:
        await loaded.members(made.id, "age", "brnad")
    assert (caught.value.reason, caught.value.field) == ("ATTRIBUTE_UNKNOWN", "attributes[1]")
    assert "did you mean brand?" in caught.value.detail
    with pytest.raises(InvalidInput, match="asked for twice"):
        await loaded.members(made.id, "age", "age")


async def test_an_unknown_segment_is_not_found(loaded: Segmentation) -> None:
    unknown = "0190b3a0-0000-7000-8000-000000000001"
    with pytest.raises(NotFound):
        await invoke(loaded.segments.GetSegment, segment_pb2.GetSegmentRequest(id=unknown))
    with pytest.raises(NotFound) as caught:
        await loaded.members(unknown)
    assert (caught.value.reason, caught.value.field) == ("SEGMENT_NOT_FOUND", "segment_id")


async def test_a_later_snapshot_swaps_the_membership_whole(loaded: Segmentation) -> None:
    made = await loaded.create("young", "age < 30")
    others = await loaded.create("loyal", "brand = '全球通'")
    await loaded.load(csv_file(["msisdn", "age"], [number_of(1), 99], [number_of(99), 1]), as_of="2011-04-30")
    found = await loaded.rebuilt(made.id, version=2)
    assert (found.version, found.count, found.as_of) == (2, made.count, "2011-04-30")
    ids = pa.concat_tables(await loaded.members(made.id))["subscriber_id"].to_pylist()
    assert 1 not in ids
    assert 99 in ids
    assert (await loaded.rebuilt(others.id, version=2)).count == others.count
