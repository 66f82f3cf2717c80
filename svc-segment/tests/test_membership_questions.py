"""Overlaps, grids, one subscriber's segments and exports, over real gRPC and PostgreSQL."""

import csv
import io

import pytest
from pyarrow import parquet

from carillon.segment.v1 import membership_pb2, segment_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_segment.store.membership_cache import MembershipCache

from .segment_desk import BRANCHES, BRANDS, SUBSCRIBERS, TYPES, UNKNOWN, SegmentDesk, of, people, union
from .segmentation import Segmentation, csv_file, number_of

# The music target grid of the handset subsidy as its seed prints it, in units of 10,000 subscribers; rows by average
# spend of three months, columns by membership and ringtone downloads of three months (SEG-72, SEG-73, A-08).
GRID = ((5, 6, 11, 8, 84, 59), (1, 2, 2, 2, 18, 14), (1, 1, 1, 1, 10, 7))
# Subscribers for each 10,000 of the seed.
SCALE = 3
SPENDS = ("60 <= arpu and arpu < 130", "130 <= arpu and arpu < 200", "200 <= arpu")
MEMBERSHIPS = ("PREMIUM", "ORDINARY", "NON_MEMBER")
DOWNLOADS = ("0 < downloads and downloads < 3", "downloads >= 3")
PROVINCE = Identity(subject="province", roles=frozenset({"province_admin"}))
BRANCH = Identity(subject="guangzhou-desk", roles=frozenset({"branch_operator"}), branch="guangzhou")
AUDITOR = Identity(subject="auditor", roles=frozenset({"auditor"}))
AGENT = Identity(subject="shop", roles=frozenset({"agent"}))
CSV, PARQUET = membership_pb2.EXPORT_FORMAT_CSV, membership_pb2.EXPORT_FORMAT_PARQUET


@pytest.fixture
async def desk(segmentation: Segmentation) -> SegmentDesk:
    """Six hundred subscribers."""
    rows = [[number_of(one), *values] for one, values in enumerate(people(), 1)]
    await segmentation.load(csv_file(["msisdn", *TYPES], *rows), TYPES)
    return SegmentDesk(segmentation)


def music_population() -> bytes:
    """Subscribers whose grid has the printed cells times SCALE, among others whom the grid leaves out."""
    rows: list[list[object]] = []
    for spend, cells in zip((60, 130, 200), GRID, strict=True):
        for place, cell in enumerate(cells):
            values = [spend, MEMBERSHIPS[place // 2], (1, 3)[place % 2], False]
            rows += [values] * (cell * SCALE)
    others: list[list[object]] = [
        [59.99, "PREMIUM", 3, False],
        [100, "PREMIUM", 0, False],
        [100, "ORDINARY", "", False],
        ["", "PREMIUM", 3, False],
        [100, "", 3, False],
        [100, "PREMIUM", 3, True],
    ]
    rows += others * 5
    numbered = [[number_of(one), *values] for one, values in enumerate(rows, 1)]
    return csv_file(["msisdn", "arpu", "music_member", "downloads", "has_subsidy"], *numbered)


async def test_the_music_target_grid_is_one_call_with_the_printed_cells_and_totals(segmentation: Segmentation) -> None:
    """SEG-72, SEG-73, SEG-75, SEG-76: 18 cells, 173/39/21, 7/9/14/11/112/80, 16/25/192 and 233 in units of SCALE."""
    types = {"arpu": "number", "music_member": "text", "downloads": "integer", "has_subsidy": "boolean"}
    assert (await segmentation.load(music_population(), types)).rejected == 0
    cells = [f"music_member = '{member}' and {download}" for member in MEMBERSHIPS for download in DOWNLOADS]
    memberships = [f"music_member = '{member}' and downloads > 0" for member in MEMBERSHIPS]
    answer = await SegmentDesk(segmentation).grid("not has_subsidy", SPENDS, [*cells, *memberships])
    assert [[cell // SCALE for cell in row.cells[:6]] for row in answer.rows] == [list(row) for row in GRID]
    assert all(cell % SCALE == 0 for row in answer.rows for cell in row.cells)
    assert [row.total // SCALE for row in answer.rows] == [173, 39, 21]
    assert [total // SCALE for total in answer.column_totals[:6]] == [7, 9, 14, 11, 112, 80]
    assert [total // SCALE for total in answer.column_totals[6:]] == [16, 25, 192]
    assert answer.total // SCALE == 233
    assert (answer.filtered, answer.as_of) == (233 * SCALE + 25, "2011-03-31")


async def test_a_grid_counts_as_many_previews_would_where_conditions_overlap(desk: SegmentDesk) -> None:
    rows, columns = ["age < 30", "age < 60", "brand = 'MZONE'"], ["age >= 10", "branch = 'shenzhen'"]
    answer = await desk.grid("", rows, columns)
    count = desk.segmentation.count
    assert [list(row.cells) for row in answer.rows] == [
        [await count(f"({row}) and ({column})") for column in columns] for row in rows
    ]
    any_row, any_column = (" or ".join(f"({one})" for one in some) for some in (rows, columns))
    assert [row.total for row in answer.rows] == [await count(f"({row}) and ({any_column})") for row in rows]
    assert list(answer.column_totals) == [await count(f"({column}) and ({any_row})") for column in columns]
    assert answer.total == await count(f"({any_row}) and ({any_column})")
    assert answer.filtered == SUBSCRIBERS


async def test_a_bad_rule_of_a_grid_is_named_by_its_place(desk: SegmentDesk) -> None:
    with pytest.raises(InvalidInput) as caught:
        await desk.grid("", ["age < 30", "agge < 60"], ["true"])
    assert (caught.value.reason, caught.value.field) == ("RULE_UNKNOWN_ATTRIBUTE", "rows[1]")


async def test_an_overlap_counts_shared_members_of_all_pairs(desk: SegmentDesk) -> None:
    made = [await desk.rule(f"under {age}", f"age < {age}") for age in (10, 40)]
    made.append(await desk.rule("gotone", "brand = 'GOTONE'"))
    count = desk.segmentation.count
    rules = [segment.rule for segment in made]
    assert await desk.overlap(*(segment.id for segment in made)) == [
        [await count(f"({one}) and ({other})") for other in rules] for one in rules
    ]
    with pytest.raises(NotFound) as caught:
        await desk.overlap(made[0].id, UNKNOWN)
    assert (caught.value.reason, caught.value.field) == ("SEGMENT_NOT_FOUND", "segment_ids[1]")


async def test_a_subscriber_is_in_the_segments_of_every_kind_that_hold_them_now(desk: SegmentDesk) -> None:
    young, gotone = await desk.rule("young", "age < 30"), await desk.rule("gotone", "brand = 'GOTONE'")
    both = await desk.algebra("both", union(of(young), of(gotone)))
    listed = (await desk.listed("listed", segment_pb2.ListPiece(subscriber_ids=[5]))).segment

    async def names_of(subscriber_id: int) -> set[str]:
        request = membership_pb2.ListMembershipsRequest(subscriber_id=subscriber_id)
        answer = await invoke(desk.segmentation.memberships.ListMemberships, request)
        return {membership.name for membership in answer.memberships}

    assert await names_of(5) == {"young", "both", "listed"}
    assert await names_of(33) == {"gotone", "both"}
    assert await names_of(9_999_999) == set()
    await desk.redefine(young, rule="age < 3")
    await desk.segmentation.rebuilt(both.id, version=2)
    assert await names_of(5) == {"listed"}
    await desk.change(listed, archived=True)
    assert await names_of(5) == set()


async def test_memberships_that_do_not_fit_into_memory_are_read_and_give_the_same_answer(desk: SegmentDesk) -> None:
    made = [await desk.rule(f"under {age}", f"age < {age} and brand <> 'MZONE'") for age in (3, 20, 50)]
    roomy, narrow = (MembershipCache(desk.segmentation.database, limit_bytes=limit) for limit in (1_000_000, 100))
    for subscriber_id in (1, 2, 17, 48, 99):
        expected = [
            segment.id
            for segment, age in zip(made, (3, 20, 50), strict=True)
            if subscriber_id % 100 < age and subscriber_id % 3 != 1
        ]
        for cache in (roomy, narrow):
            assert [str(one.segment_id) for one in await cache.containing(subscriber_id)] == sorted(expected)
    assert (roomy.left_out, narrow.left_out > 0) == (0, True)


async def test_members_are_exported_as_csv_and_parquet_with_attributes(desk: SegmentDesk) -> None:
    made = await desk.rule("young", "age < 30")
    ids = [one for one in range(1, SUBSCRIBERS + 1) if one % 100 < 30]
    with acting_as(PROVINCE):
        request = membership_pb2.ExportMembersRequest(
            segment_id=made.id, format=CSV, attributes=["brand", "age"], with_msisdn=True
        )
        rows = list(csv.reader(io.StringIO((await desk.export(request)).decode())))
        request.format, request.with_msisdn = PARQUET, False
        table = parquet.read_table(io.BytesIO(await desk.export(request)))
    assert rows[0] == ["msisdn", "brand", "age", "as_of"]
    assert rows[1:] == [[number_of(one), BRANDS[one % 3], str(one % 100), made.as_of] for one in ids]
    assert table.column_names == ["subscriber_id", "brand", "age"]
    assert table["subscriber_id"].to_pylist() == ids
    assert table["age"].to_pylist() == [one % 100 for one in ids]


async def test_a_branch_gets_its_own_subscribers_and_every_export_is_booked(desk: SegmentDesk) -> None:
    made = await desk.rule("young", "age < 30")
    with acting_as(BRANCH):
        file = await desk.export(
            membership_pb2.ExportMembersRequest(segment_id=made.id, format=CSV, attributes=["branch"])
        )
    rows = list(csv.reader(io.StringIO(file.decode())))[1:]
    own = [one for one in range(1, SUBSCRIBERS + 1) if one % 100 < 30 and BRANCHES[one % 2] == "guangzhou"]
    assert rows == [[str(one), "guangzhou", made.as_of] for one in own]
    async with desk.segmentation.database.read() as unit:
        booked = await unit.driver.fetch(
            "SELECT segment_id, version, format, attributes, with_msisdn, branch, members, exported_by FROM member_export"
        )
    assert [tuple(str(value) for value in row) for row in booked] == [
        (made.id, "1", "csv", "['branch']", "False", "guangzhou", str(len(own)), "guangzhou-desk")
    ]


async def test_an_empty_export_has_its_header(desk: SegmentDesk) -> None:
    made = await desk.rule("nobody", "false")
    with acting_as(PROVINCE):
        file = await desk.export(
            membership_pb2.ExportMembersRequest(segment_id=made.id, format=CSV, attributes=["age"], with_msisdn=True)
        )
    assert file == b'"msisdn","age","as_of"\n'


async def test_numbers_go_only_to_who_dials_and_agents_get_nothing(desk: SegmentDesk) -> None:
    made = await desk.rule("young", "age < 30")
    request = membership_pb2.ExportMembersRequest(segment_id=made.id, format=CSV, with_msisdn=True)
    with acting_as(AUDITOR), pytest.raises(PermissionRefused) as auditor:
        await desk.export(request)
    assert (auditor.value.reason, auditor.value.field) == ("MSISDN_NOT_FOR_ROLE", "with_msisdn")
    with acting_as(AGENT), pytest.raises(PermissionRefused) as agent:
        await desk.export(request)
    assert agent.value.reason == "ROLE_MISSING"


async def test_a_bad_export_is_refused_before_its_first_byte(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn", "age"], [number_of(1), 20]), {"age": "integer"})
    desk = SegmentDesk(segmentation)
    made = await desk.rule("young", "age < 30")
    with acting_as(BRANCH), pytest.raises(InvalidInput) as unbranched:
        await desk.export(membership_pb2.ExportMembersRequest(segment_id=made.id, format=CSV))
    assert unbranched.value.reason == "BRANCH_UNKNOWN"
    with pytest.raises(InvalidInput) as unknown:
        await desk.export(membership_pb2.ExportMembersRequest(segment_id=made.id, format=CSV, attributes=["agge"]))
    assert unknown.value.reason == "ATTRIBUTE_UNKNOWN"
    with pytest.raises(NotFound):
        await desk.export(membership_pb2.ExportMembersRequest(segment_id=UNKNOWN, format=CSV))
    await desk.change(made, archived=True)
    with pytest.raises(StateRefused) as archived:
        await desk.export(membership_pb2.ExportMembersRequest(segment_id=made.id, format=CSV))
    assert archived.value.reason == "SEGMENT_ARCHIVED"
