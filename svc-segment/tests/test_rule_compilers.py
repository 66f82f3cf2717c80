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
from svc_segment.store.rule_expression import compile_expression

from .rule_texts import DICTIONARY, Values, rows, rules

# Enough to meet every pair of node and null many times; about half a minute here.
EXAMPLES = 2_000
MAX_ROWS = 8
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


def answers_of_engine(backend: Backend, text: str, sample: Sequence[Row]) -> list[bool | None]:
    """What the set-based compiler says of each row, in the order of the rows."""
    numbered = pa.Table.from_pylist(list(sample), schema=SCHEMA).append_column("at", pa.array(range(len(sample))))
    backend.con.register("sample", numbered)
    table = ibis.table(ibis.Schema.from_pyarrow(numbered.schema), name="sample")
    condition = compile_expression(read_rule(text, DICTIONARY), table)
    query = backend.compile(table.select(table.at, answer=condition).order_by("at"))
    return [answer for _, answer in backend.con.execute(query).fetchall()]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(text=rules(EDGES), sample=st.lists(rows(EDGES), min_size=1, max_size=MAX_ROWS))
def test_both_compilers_give_every_row_the_same_answer(backend: Backend, text: str, sample: list[Row]) -> None:
    closure = compile_closure(read_rule(text, DICTIONARY))
    assert answers_of_engine(backend, text, sample) == [closure(row) for row in sample]
