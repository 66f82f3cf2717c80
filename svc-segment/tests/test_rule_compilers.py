"""Holds the two compilers of a rule equal: random rules over random rows, nulls included."""

from collections.abc import Iterator, Sequence
from datetime import date

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.rule_expression import compile_expression

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
TYPES = {
    "i": AttributeType.INTEGER,
    "n": AttributeType.NUMBER,
    "t": AttributeType.TEXT,
    "b": AttributeType.BOOLEAN,
    "d": AttributeType.DATE,
}
PAIRS = {"i": "ij", "n": "nm", "t": "tu", "b": "bc", "d": "de"}
DICTIONARY = Dictionary(Attribute(name=name, type=TYPES[key]) for key, names in PAIRS.items() for name in names)

integers = st.sampled_from([0, 1, -1, 3, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]) | st.integers(-4, 4)
numbers = st.sampled_from([0.0, -0.0, 0.1, 1.0, -1.5, 3.0, 2.0**53, 1e300, 5e-324, 0.1234567890123456789]) | st.floats(
    allow_nan=False, allow_infinity=False
)
texts = st.text(alphabet="aAbB%_ é'É全球İσΣß\n\\", max_size=5) | st.text(max_size=6).filter(
    lambda one: "\x00" not in one
)
days = st.dates(date(1999, 12, 30), date(2000, 1, 3)) | st.dates(date(1900, 1, 1), date(2100, 1, 1))
VALUES = {"i": integers, "n": numbers, "t": texts, "b": st.booleans(), "d": days}
comparisons = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def columns(key: str) -> st.SearchStrategy[str]:
    return st.sampled_from(PAIRS[key])


fractions = numbers.map(lambda value: f"{value:.25f}" if abs(value) < 1e15 else repr(value))
integer_literals = integers.map(str) | fractions
LITERALS = {
    "i": integer_literals,
    "n": fractions | integers.map(str),
    "t": texts.map(quoted),
    "b": st.sampled_from(["true", "false"]),
    "d": days.map(lambda day: f"'{day}'") | days.map(lambda day: f"date '{day}'"),
}


def written(key: str) -> st.SearchStrategy[str]:
    others = columns("i") | columns("n") if key in "in" else columns(key)
    return LITERALS[key] | others


def conditions(key: str) -> st.SearchStrategy[str]:
    column = columns(key)
    operators = st.sampled_from(["=", "<>"]) if key == "b" else comparisons
    choices = [
        st.builds("{} {} {}".format, column, operators, written(key)),
        st.builds("{1} {2} {0}".format, column, LITERALS[key], operators),
        st.builds("{} is {}null".format, column, st.sampled_from(["", "not "])),
        st.builds(
            "{} {}in ({})".format,
            column,
            st.sampled_from(["", "not "]),
            st.lists(LITERALS[key], min_size=1, max_size=4).map(", ".join),
        ),
    ]
    if key == "b":
        choices.append(column)
    else:
        between = st.sampled_from(["between", "not between"])
        choices.append(st.builds("{} {} {} and {}".format, column, between, written(key), written(key)))
    if key == "t":
        patterns = texts.map(lambda one: one.replace("\\", "%"))
        likes = st.sampled_from(["like", "not like", "ilike", "not ilike"])
        choices.append(st.builds("{} {} {}".format, column, likes, patterns.map(quoted)))
    return st.one_of(choices)


rules = st.recursive(
    st.one_of([conditions(key) for key in PAIRS] + [st.sampled_from(["true", "false"])]),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("{} and {} or {}".format, inner, inner, inner).map("({})".format),
        st.builds("not ({})".format, inner),
        st.builds("({}) is {}{}".format, inner, st.sampled_from(["", "not "]), st.sampled_from(["true", "false"])),
    ),
    max_leaves=6,
)
rows = st.fixed_dictionaries({name: st.none() | VALUES[key] for key, names in PAIRS.items() for name in names})


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
@given(text=rules, sample=st.lists(rows, min_size=1, max_size=MAX_ROWS))
def test_both_compilers_give_every_row_the_same_answer(backend: Backend, text: str, sample: list[Row]) -> None:
    closure = compile_closure(read_rule(text, DICTIONARY))
    assert answers_of_engine(backend, text, sample) == [closure(row) for row in sample]
