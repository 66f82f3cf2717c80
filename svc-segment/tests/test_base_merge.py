"""The merge of sorted batches equals the merge of dictionaries, however both sides are cut; so does matching numbers."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.store.base_file import merge_rows, schema_of
from svc_segment.store.granting import _match

OLD = {"kept": AttributeType.TEXT, "renewed": AttributeType.INTEGER}
NEW = {"renewed": AttributeType.INTEGER, "added": AttributeType.NUMBER}
VALUES = {
    "kept": st.none() | st.text(max_size=3),
    "renewed": st.none() | st.integers(-5, 5),
    "added": st.none() | st.floats(-1, 1, allow_nan=False),
}
Rows = dict[int, dict[str, object]]


def rows_of(columns: dict[str, AttributeType]) -> st.SearchStrategy[Rows]:
    ids = st.integers(1, 30) | st.integers(2**31, 2**31 + 3)
    return st.dictionaries(ids, st.fixed_dictionaries({name: VALUES[name] for name in columns}), max_size=20)


def dictionary(columns: dict[str, AttributeType]) -> Dictionary:
    return Dictionary(Attribute(name=name, type=kind) for name, kind in columns.items())


def batches(rows: Rows, columns: dict[str, AttributeType], size: int) -> Iterator[pa.Table]:
    records = [{"subscriber_id": one, **rows[one]} for one in sorted(rows)]
    for start in range(0, len(records), size):
        yield pa.Table.from_pylist(records[start : start + size], schema_of(dictionary(columns)))


@settings(deadline=None)
@given(rows_of(OLD), rows_of(NEW), st.integers(1, 7), st.integers(1, 7))
def test_the_fresh_sides_columns_count_for_its_own_subscribers_alone(
    old: Rows, new: Rows, old_size: int, new_size: int
) -> None:
    attributes = dictionary(OLD).extended_by(dictionary(NEW).values())
    merged = list(merge_rows(batches(old, OLD, old_size), batches(new, NEW, new_size), attributes))
    found = [row for table in merged for row in table.cast(schema_of(attributes)).to_pylist()]
    nothing = dict.fromkeys(attributes)
    assert found == [
        {"subscriber_id": one, **nothing, **old.get(one, {}), **new.get(one, {})} for one in sorted({*old, *new})
    ]


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 40), st.integers(1, 60), max_size=30), st.lists(st.integers(1, 70), max_size=40))
def test_each_number_finds_its_place_in_the_book(held: dict[int, int], asked: list[int]) -> None:
    holders = {number: place for place, number in held.items()}
    book = np.zeros(max(held, default=0) + 1, np.int64)
    for number, place in holders.items():
        book[place] = number
    assert _match(book, np.array(asked, np.int64)).tolist() == [holders.get(number, 0) for number in asked]


def test_a_file_in_the_order_of_the_ordinals_is_matched_at_once() -> None:
    book = np.array([0, 11, 0, 5, 9], np.int64)
    assert _match(book, np.array([11, 5, 9], np.int64)).tolist() == [1, 3, 4]
