"""Set algebra, grids, staleness, the order of rebuilds and lists as pure rules, each beside a plain twin."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from carillon_chassis.errors import InvalidInput, LimitExceeded
from svc_segment.domain import member_list
from svc_segment.domain.grid import Pattern, add_up
from svc_segment.domain.member_list import MemberList
from svc_segment.domain.rebuild import in_levels
from svc_segment.domain.set_algebra import (
    SegmentReference,
    SetExpression,
    SetOperation,
    SetOperator,
    check_expression,
    work_out,
)
from svc_segment.domain.staleness import DataVersions, Mark, StaleReason, find_stale
from svc_segment.store.set_expressions import read_expression, write_expression

NOW = datetime(2011, 3, 31, 12, tzinfo=UTC)
IDS = [uuid.UUID(int=number) for number in range(1, 6)]
REFERENCES = st.sampled_from(IDS).map(lambda one: SegmentReference(segment_id=one))
EXPRESSIONS: st.SearchStrategy[SetExpression] = st.recursive(
    REFERENCES,
    lambda inner: st.builds(
        lambda operator, operands: SetOperation(operator=operator, operands=tuple(operands)),
        st.sampled_from(SetOperator),
        st.lists(inner, min_size=2, max_size=4),
    ),
    max_leaves=12,
)
PEOPLE = st.frozensets(st.integers(0, 30))


def plain(expression: SetExpression, members: dict[uuid.UUID, frozenset[int]], person: int) -> bool:
    """Whether one person belongs, asked of that person alone."""
    if isinstance(expression, SegmentReference):
        return person in members[expression.segment_id]
    first, *others = (plain(operand, members, person) for operand in expression.operands)
    match expression.operator:
        case SetOperator.UNION:
            return first or any(others)
        case SetOperator.INTERSECTION:
            return first and all(others)
        case SetOperator.DIFFERENCE:
            return first and not any(others)


@given(expression=EXPRESSIONS, sets=st.lists(PEOPLE, min_size=5, max_size=5))
def test_set_algebra_over_bitmaps_is_what_it_says_of_each_person(
    expression: SetExpression, sets: list[frozenset[int]]
) -> None:
    """SEG-69."""
    members = dict(zip(IDS, sets, strict=True))
    bitmaps = {segment_id: BitMap(some) for segment_id, some in members.items()}
    found = work_out(expression, bitmaps)
    assert set(found) == {person for person in range(31) if plain(expression, members, person)}
    assert check_expression(expression) <= set(IDS)
    assert {one: set(some) for one, some in bitmaps.items()} == {one: set(some) for one, some in members.items()}


@given(expression=EXPRESSIONS)
def test_set_algebra_comes_out_of_its_json_as_it_went_in(expression: SetExpression) -> None:
    written = write_expression(expression)
    assert written is not None
    assert read_expression(json.loads(written)) == expression


def test_an_operation_on_one_set_is_none() -> None:
    with pytest.raises(InvalidInput) as caught:
        SetOperation(operator=SetOperator.UNION, operands=(SegmentReference(segment_id=IDS[0]),))
    assert caught.value.reason == "EXPRESSION_TOO_SMALL"


@given(people=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 15)), max_size=60))
def test_a_grid_adds_up_to_what_counting_each_person_gives(people: list[tuple[int, int]]) -> None:
    """SEG-73."""
    grid = add_up([Pattern(rows=rows, columns=columns, count=1) for rows, columns in people], rows=3, columns=4)
    for row in range(3):
        for column in range(4):
            assert grid.cells[row][column] == sum(rows >> row & 1 and columns >> column & 1 for rows, columns in people)
        assert grid.row_totals[row] == sum(bool(rows >> row & 1 and columns) for rows, columns in people)
    for column in range(4):
        assert grid.column_totals[column] == sum(bool(columns >> column & 1 and rows) for rows, columns in people)
    assert (grid.total, grid.filtered) == (sum(bool(rows and columns) for rows, columns in people), len(people))


def mark(
    *, base: int = 3, parts: dict[uuid.UUID, int] | None = None, usage: int = 0, events: int = 0, hours: int = 0,
    reads: str = "subscribers", tags: int = 4,
) -> Mark:  # fmt: skip
    return Mark(
        version=2,
        base=base,
        usage=usage,
        events=events,
        read_at=NOW - timedelta(hours=hours),
        parts=parts or {},
        reads_subscribers="subscribers" in reads,
        reads_usage="usage" in reads,
        reads_events="events" in reads,
        tags=tags,
        reads_tags="tags" in reads,
    )


@pytest.mark.parametrize(
    ("one", "reasons"),
    [
        (mark(), ()),
        (mark(base=2), ("SUBSCRIBERS",)),
        (mark(base=0, reads="nothing"), ()),
        (mark(usage=6, hours=100), ()),
        (mark(tags=3), ()),
        (mark(tags=3, reads="subscribers tags"), ("TAGS",)),
        (mark(tags=4, reads="subscribers tags"), ()),
        (mark(usage=6, reads="subscribers usage"), ("USAGE",)),
        (mark(usage=7, events=1, reads="subscribers usage events"), ("EVENTS",)),
        (mark(usage=7, events=2, hours=24, reads="subscribers usage events"), ()),
        (mark(usage=7, events=2, hours=25, reads="subscribers usage events"), ("WINDOWS",)),
        (mark(base=1, usage=1, events=1, hours=25, reads="subscribers usage events"),
         ("SUBSCRIBERS", "USAGE", "EVENTS", "WINDOWS")),
    ],
)  # fmt: skip
def test_a_membership_is_behind_what_its_rule_reads_and_nothing_else(one: Mark, reasons: tuple[str, ...]) -> None:
    found = find_stale({IDS[0]: one}, DataVersions(base=3, usage=7, events=2, tags=4), now=NOW)
    assert found[IDS[0]] == tuple(StaleReason(reason) for reason in reasons)


def test_what_rests_on_a_stale_or_newer_segment_is_stale_too_however_far() -> None:
    first, second, third, fourth, fifth = IDS
    marks = {
        first: mark(base=2),
        second: mark(parts={first: 2}, reads="nothing"),
        third: mark(parts={second: 2}, reads="nothing"),
        fourth: mark(),
        fifth: mark(parts={fourth: 1}, reads="nothing"),
    }
    found = find_stale(marks, DataVersions(base=3, usage=0, events=0), now=NOW)
    segments = (StaleReason.SEGMENTS,)
    assert [found[one] for one in IDS] == [(StaleReason.SUBSCRIBERS,), segments, segments, (), segments]


def test_segments_are_rebuilt_after_what_they_read() -> None:
    first, second, third, fourth, fifth = IDS
    reads = {third: [first, second], fourth: [third], fifth: [uuid.UUID(int=99)]}
    assert in_levels([fourth, third, first, fifth, second], reads) == [[first, fifth, second], [third], [fourth]]
    with pytest.raises(ValueError, match="circle"):
        in_levels([first, second], {first: [second], second: [first]})


@given(numbers=st.lists(st.integers(0, 30)), ids=st.lists(st.integers(1, 30)), pieces=st.integers(1, 5))
def test_a_lists_entries_are_members_unknown_invalid_or_repeated(
    numbers: list[int], ids: list[int], pieces: int
) -> None:
    """Number n belongs to subscriber n up to 20; 0 is no number at all."""
    written = ["none" if number == 0 else f"138000000{number:02d}" for number in numbers]
    entries = MemberList()
    for start in range(pieces):
        entries.add(written[start::pieces], ids[start::pieces])
    distinct = entries.distinct()
    living = {number for number in numbers if 0 < number <= 20}, {one for one in ids if one <= 20}
    members = living[0] | living[1]
    counts = distinct.counts(members=len(members), found=len(living[0]) + len(living[1]))
    assert (counts.read, counts.invalid) == (len(numbers) + len(ids), numbers.count(0))
    assert counts.unknown == len({one for one in numbers if one > 20}) + len({one for one in ids if one > 20})
    assert counts.read == counts.invalid + counts.unknown + counts.repeated + len(members)


def test_a_list_is_the_same_however_its_pieces_are_cut() -> None:
    whole, cut, other = MemberList(), MemberList(), MemberList()
    whole.add(["13800000001", "13800000002"], [1, 2])
    cut.add(["13800000001"], [])
    cut.add(["13800000002"], [1])
    cut.add([], [2])
    other.add(["13800000001"], [1, 2])
    assert whole.sha256 == cut.sha256 != other.sha256


def test_a_list_beyond_its_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_list, "MAX_ENTRIES", 3)
    entries = MemberList()
    entries.add(["13800000001"], [1, 2])
    with pytest.raises(LimitExceeded) as caught:
        entries.add([], [3])
    assert caught.value.reason == "LIST_TOO_LONG"
