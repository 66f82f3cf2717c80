"""Coded columns: values in order, nulls, one to four bytes, columns with too many values, and what memory allows."""

import random
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary, Value
from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Leaf, Rule
from svc_segment.store.bounded_cache import BoundedCache
from svc_segment.store.coded_columns import MANY_VALUES, MOST_VALUES, CodedColumn, CodedColumns, code_column
from svc_segment.store.condition_masks import Mask, count_mask, join_masks, packed_mask, to_flags, to_mask
from svc_segment.store.folders import DataFolder

DICTIONARY = Dictionary(
    [
        Attribute(name="age", type=AttributeType.INTEGER),
        Attribute(name="arpu", type=AttributeType.NUMBER),
        Attribute(name="brand", type=AttributeType.TEXT),
        Attribute(name="joined", type=AttributeType.DATE),
        Attribute(name="visit", type=AttributeType.BOOLEAN),
    ]
)


def rule(text: str) -> Rule:
    return read_rule(text, DICTIONARY)


def condition(text: str) -> Leaf:
    return rule(text)  # type: ignore[return-value]  # a single condition


def to_column(column: pa.ChunkedArray, name: str) -> CodedColumn:
    coded = code_column(column)
    assert coded is not None
    values, codes = coded
    return CodedColumn(name=name, values=values, codes=codes)


def rows_of(column: pa.ChunkedArray, name: str, text: str, *, truth: bool = True) -> list[int]:
    mask = to_column(column, name).mask(condition(text), truth=truth)
    assert mask is not None
    return np.flatnonzero(to_flags(mask, len(column))).tolist()


@pytest.mark.parametrize(
    ("name", "values", "text", "true_at", "false_at"),
    [
        ("age", [3, None, 1, 2, 3, 0], "age between 1 and 2", [2, 3], [0, 4, 5]),
        ("age", [3, None, 1, 2, 3, 0], "age >= 2", [0, 3, 4], [2, 5]),
        ("age", [3, None, 1, 2, 3, 0], "age < 2", [2, 5], [0, 3, 4]),
        ("age", [3, None, 1, 2, 3, 0], "age in (0, 3)", [0, 4, 5], [2, 3]),
        ("age", [3, None, 1, 2, 3, 0], "age is null", [1], [0, 2, 3, 4, 5]),
        ("age", [3, None, 1], "age > 99999999999", [], [0, 2]),
        ("age", [3, None, 1], "age < 2.5", [2], [0]),
        ("arpu", [-0.0, 0.0, None, 0.1], "arpu = 0", [0, 1], [3]),
        ("brand", ["全球通", None, "b", "", "B"], "brand ilike '%b%'", [2, 4], [0, 3]),
        ("brand", ["全球通", None, "b", "", "B"], "brand > 'B'", [0, 2], [3, 4]),
        (
            "age",
            [*range(20), None],
            "age in (1, 3, 5, 7, 9, 11, 13, 15)",
            [*range(1, 16, 2)],
            [*range(0, 16, 2), *range(16, 20)],
        ),
        ("joined", [date(2011, 1, 1), None, date(2010, 1, 1)], "joined = '2010-01-01'", [2], [0]),
        ("visit", [True, None, False], "visit", [0], [2]),
        ("visit", [None, None], "visit", [], []),
    ],
)
def test_a_condition_finds_the_rows_of_the_values_that_fit(
    name: str, values: Sequence[Value | None], text: str, true_at: list[int], false_at: list[int]
) -> None:
    column = pa.chunked_array([pa.array(values)]) if any(one is not None for one in values) else None
    column = column if column is not None else pa.chunked_array([pa.array(values, pa.bool_())])
    assert rows_of(column, name, text) == true_at
    assert rows_of(column, name, text, truth=False) == false_at


@pytest.mark.parametrize("rows", [63, 64, 65, 128, 200])
@pytest.mark.parametrize("condition", ["age between 2 and 4", "age in (0, 2, 4, 6, 8, 10, 12, 14)", "age > 99"])
def test_rows_are_answered_block_by_block_as_they_are_in_one(
    monkeypatch: pytest.MonkeyPatch, rows: int, condition: str
) -> None:
    column = pa.chunked_array([pa.array([row % 17 if row % 5 else None for row in range(rows)])])
    in_one = rows_of(column, "age", condition)
    monkeypatch.setattr("svc_segment.store.condition_masks.BLOCK_ROWS", 64)
    assert rows_of(column, "age", condition) == in_one


@pytest.mark.parametrize(
    ("values", "kind"),
    [(254, np.uint8), (255, np.uint8), (256, np.uint16), (MANY_VALUES, np.uint16), (MANY_VALUES + 1, np.uint32)],
)
def test_a_column_takes_as_few_bytes_as_its_values_need(values: int, kind: type) -> None:
    column = pa.chunked_array([pa.array([None, *range(values)])])
    assert to_column(column, "age").codes.dtype == kind
    assert rows_of(column, "age", "age is null") == [0]
    assert rows_of(column, "age", f"age = {values - 1}") == [values]


MANY: dict[str, list[Value]] = {
    "age": [7 * one - 900 for one in range(600)],
    "arpu": [-0.0, *(one / 8 - 30 for one in range(600))],
    "brand": [f"{'全b B'[one % 4]}{one}" for one in range(600)],
    "joined": [date(2010, 1, 1) + timedelta(days=one) for one in range(600)],
}
CONDITIONS = [
    *("{0} = {1}", "{0} <> {1}", "{0} < {1}", "{0} <= {1}", "{0} > {1}", "{0} >= {1}", "{0} in ({1}, {2})"),
    *("{0} between {1} and {2}", "{0} between {2} and {1}", "{0} is null"),
]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", list(MANY))
def test_a_long_list_of_values_is_asked_by_halves_and_answers_alike(name: str, condition: str) -> None:
    chance = random.Random(1)
    values: list[Value | None] = [*MANY[name], None]
    chance.shuffle(values)
    column = pa.chunked_array([pa.array(values)])
    for _ in range(10):
        low, high = sorted(chance.sample(MANY[name], 2))
        # Values that are there, and some that lie between two of them.
        said = [f"{one + chance.choice([0, 3])}" if isinstance(one, int | float) else f"'{one}'" for one in (low, high)]
        text = condition.format(name, *said)
        fits = compile_closure(rule(text))
        for truth in (True, False):
            wanted = [at for at, value in enumerate(values) if fits({name: value}) is truth]
            assert rows_of(column, name, text, truth=truth) == wanted, text


def test_a_column_of_too_many_values_is_asked_of_the_engine() -> None:
    assert code_column(pa.chunked_array([pa.array(np.arange(MOST_VALUES + 1))])) is None


def test_of_very_many_values_only_what_turns_at_one_is_asked() -> None:
    texts = pa.chunked_array([pa.array([None, *(f"b{one:06}" for one in range(MANY_VALUES + 1))])])
    column = to_column(texts, "brand")
    assert column.mask(condition("brand like '%7%'"), truth=True) is None
    for truth, found in ((True, 8), (False, MANY_VALUES + 1 - 8)):
        mask = column.mask(condition("brand between 'b000003' and 'b0000101'"), truth=truth)
        assert mask is not None
        assert count_mask(mask) == found


def test_columns_are_coded_beside_once_and_mapped_from_then_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svc_segment.store.coded_columns.MOST_VALUES", 1_000)
    folder = DataFolder(tmp_path)
    many = pa.array(range(1_001))
    table = pa.table({"subscriber_id": many.cast("uint32"), "age": pa.nulls(len(many), pa.int64()), "arpu": many})
    parquet.write_table(table, folder.base("one"))
    columns = CodedColumns(folder)
    age, arpu, both = condition("age is null"), condition("arpu > 1"), condition("age > arpu")
    assert columns.find("one", age) is None
    assert columns.find("one", both) is None
    _until_coded(columns, "one", age)
    columns.prepare("one")
    assert columns.find("one", arpu) is None
    columns.close()
    restarted = CodedColumns(folder)
    found = restarted.find("one", age)
    assert found is not None
    assert counted(found, age) == len(many)
    assert restarted.find("one", arpu) is None
    assert restarted.ids("one").tolist() == many.to_pylist()
    restarted.close()


def test_a_prepared_version_is_at_hand_at_its_first_question(tmp_path: Path) -> None:
    folder, columns, age = DataFolder(tmp_path), CodedColumns(DataFolder(tmp_path)), condition("age > 1")
    parquet.write_table(pa.table({"subscriber_id": pa.array([4, 9], pa.uint32()), "age": [1, 2]}), folder.base("one"))
    columns.prepare("one")
    columns.prepare("one")
    found = columns.find("one", age)
    assert found is not None
    assert counted(found, age) == 1
    columns.close()


def test_versions_that_were_prepared_and_never_current_push_out_none_that_are_asked(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    columns, age = CodedColumns(folder), condition("age > 1")
    for file in ("current", "failed", "failed again", "failed once more"):
        table = pa.table({"subscriber_id": pa.array([4, 9], pa.uint32()), "age": [1, 2]})
        parquet.write_table(table, folder.base(file))
        columns.prepare(file)
        assert columns.find("current", age) is not None
    columns.close()


def test_what_a_process_left_half_written_is_coded_again(tmp_path: Path) -> None:
    folder, columns, age = DataFolder(tmp_path), CodedColumns(DataFolder(tmp_path)), condition("age > 1")
    parquet.write_table(pa.table({"subscriber_id": pa.array([4, 9], pa.uint32()), "age": [1, 2]}), folder.base("one"))
    folder.columns("one").mkdir()
    (folder.columns("one") / "age.npy").write_bytes(b"half")
    columns.prepare("one")
    assert columns.find("one", age) is not None
    columns.close()


def test_columns_of_versions_long_gone_are_let_go_and_not_brought_back(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    columns, age = CodedColumns(folder), condition("age > 1")
    files = [f"{version}.parquet" for version in range(3)]
    for file in files:
        parquet.write_table(pa.table({"subscriber_id": [1, 2, 3], "age": [1, 2, 3]}), folder.base(file))
        _until_coded(columns, file, age)
    assert [columns.find(file, age) is not None for file in files] == [False, True, True]
    columns.close()


def counted(column: CodedColumn, one: Leaf) -> int:
    mask = column.mask(one, truth=True)
    assert mask is not None
    return count_mask(mask)


def _until_coded(columns: CodedColumns, file: str, one: Leaf) -> None:
    ends = time.monotonic() + 20
    while columns.find(file, one) is None:
        assert time.monotonic() < ends, "the column was never coded"
        time.sleep(0.01)


def test_masks_of_arrow_and_of_flags_are_the_same() -> None:
    flags = np.random.default_rng(1).random(1_003) < 0.5
    everyone = to_mask(np.ones(len(flags), np.bool_))
    chunks = pa.chunked_array([pa.array(flags[:100]), pa.array(flags[100:107]), pa.array(flags[107:])])
    for answers in (chunks, pa.chunked_array([pa.array([True, *flags])[1:]])):
        assert (packed_mask(answers, everyone) == to_mask(flags)).all()
    assert count_mask(to_mask(flags)) == flags.sum()
    with pytest.raises(ValueError, match="no mask of this version"):
        packed_mask(pa.chunked_array([pa.array([None, True])]), everyone)


def test_a_rule_without_conditions_is_everyone_or_nobody() -> None:
    everyone = to_mask(np.ones(70, np.bool_))
    assert [
        count_mask(join_masks(rule(text), {}, everyone)) for text in ("true", "not true", "(true) is not false")
    ] == [
        70,
        0,
        70,
    ]


def test_the_masks_used_longest_ago_make_room() -> None:
    cache, mask = BoundedCache[Mask](limit_bytes=16), to_mask(np.ones(64, np.bool_))
    for key in ("one", "two"):
        cache.put(key, mask)
    assert cache.get("one") is not None
    cache.put("three", mask)
    assert [key for key in ("one", "two", "three") if cache.get(key) is not None] == ["one", "three"]
