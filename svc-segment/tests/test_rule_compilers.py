"""Holds the two compilers of a rule equal: random rules over random rows, nulls included."""

from collections.abc import Iterator, Sequence
from datetime import date

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Rule
from svc_segment.store.rule_expression import compile_expression

from .rule_texts import DICTIONARY, Values, rows, rules

# 10,000 rules, each over eight rows of its batch: enough to meet every pair of node and null many times.
BATCHES = 500
RULES_A_BATCH = 20
ROWS = 8
SCHEMA = pa.schema(
    [
        ("i", pa.int64()),
        ("j", pa.int64()),
        ("n", pa.float64()),
        ("m", pa.float64()),
        ("t", pa.string()),
        ("u", pa.string()),
        ("b", pa.bool_()),
        ("c", pa.bool_()),
        ("d", pa.date32()),
        ("e", pa.date32()),
    ]
)
# The edges of each type: of 64 bits, of what a double tells apart, of letters that change by case.
EDGES = Values(
    integers=st.sampled_from([0, 1, -1, 3, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]) | st.integers(-4, 4),
    numbers=st.sampled_from([0.0, -0.0, 0.1, 1.0, -1.5, 3.0, 2.0**53, 1e300, 5e-324, 0.1234567890123456789])
    | st.floats(allow_nan=False, allow_infinity=False),
    texts=st.text(alphabet="aAbB%_ é'É全球İσΣß\n\\", max_size=5)
    | st.text(max_size=6).filter(lambda one: "\x00" not in one),
    days=st.dates(date(1999, 12, 30), date(2000, 1, 3)) | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
)


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    backend = ibis.duckdb.connect(threads=1)
    yield backend
    backend.disconnect()


def answers_of_engine(backend: Backend, asked: Sequence[Rule], sample: Sequence[Row]) -> list[list[bool | None]]:
    """What the set-based compiler says of each rule for each row, in the order of the rows, in one question."""
    numbered = pa.Table.from_pylist(list(sample), schema=SCHEMA).append_column("at", pa.array(range(len(sample))))
    backend.con.register("sample", numbered)
    table = ibis.table(ibis.Schema.from_pyarrow(numbered.schema), name="sample")
    answers = {f"answer_{place}": compile_expression(rule, table) for place, rule in enumerate(asked)}
    found = backend.con.execute(backend.compile(table.select(table.at, **answers).order_by("at"))).fetchall()
    return [[row[place] for row in found] for place in range(1, len(asked) + 1)]


def test_both_compilers_give_ten_thousand_rules_the_same_answers(backend: Backend) -> None:
    asked = 0

    @settings(
        max_examples=BATCHES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        texts=st.lists(rules(EDGES), min_size=RULES_A_BATCH, max_size=RULES_A_BATCH),
        sample=st.lists(rows(EDGES), min_size=ROWS, max_size=ROWS),
    )
    def hold_equal(texts: list[str], sample: list[Row]) -> None:
        nonlocal asked
        asked += len(texts)
        read = [read_rule(text, DICTIONARY) for text in texts]
        closures = [compile_closure(rule) for rule in read]
        assert answers_of_engine(backend, read, sample) == [[fits(row) for row in sample] for fits in closures]

    hold_equal()
    assert asked >= BATCHES * RULES_A_BATCH
