"""Holds the two compilers equal on rules that look back: random rules over random pasts, nulls included."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, tzinfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.history import History
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.history import EVENT_SCHEMA
from svc_segment.store.rule_expression import compile_expression
from svc_segment.store.rule_tables import RuleTables, asked_by, join_asked

from .rule_pasts import (
    AS_OF,
    LIST_MONTHS,
    LISTS,
    MONTHS,
    NUMBERS,
    SCOPE,
    SEGMENTS,
    TEXTS,
    ZONES,
    Pasts,
    calls,
    event_rows,
    list_rows,
    members_of,
    tag_rows,
    usage_rows,
)
from .rule_texts import DICTIONARY, Values, rows, rules
from .test_rule_compilers import EDGES, SCHEMA

# 800 rules over eight pasts each.
BATCHES = 100
RULES_A_BATCH = 8
ROWS = 8
SMALL = Values(
    integers=st.integers(-1, 4) | st.integers(360, 366),
    numbers=st.sampled_from([0.0, 0.1, 0.3, 0.30000000000000004, 1.0, 1.5, 2.0, -1.5, 999999999.999999]),
    texts=EDGES.texts,
    days=EDGES.days,
)
PASTS = Pasts(
    event_values=st.sampled_from(NUMBERS + TEXTS),
    usage=st.sampled_from([0.0, 0.1, 0.2, 0.3, -0.0, 1e16, -1e16, 1.0, 5e-324, 1e300]),
)
USAGE_SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("arpu", pa.float64()), ("downloads", pa.int64())])
TAG_SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("path", pa.string()), ("confidence", pa.float64())])
LIST_SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("columns", pa.map_(pa.string(), pa.string()))])
IDS_SCHEMA = pa.schema([("subscriber_id", pa.uint32())])


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    backend = ibis.duckdb.connect(threads=1)
    yield backend
    backend.disconnect()


def laid_out(backend: Backend, sample: list[Row], pasts: list[History], zone: tzinfo) -> RuleTables:
    """The rows and pasts of subscribers 1, 2, 3 ... as the engine's tables."""

    def register(name: str, table: pa.Table) -> ibis.Table:
        backend.con.register(name, table)
        return ibis.table(ibis.Schema.from_pyarrow(table.schema), name=name)

    numbered = pa.Table.from_pylist(sample, schema=SCHEMA).append_column(
        "subscriber_id", pa.array(range(1, len(sample) + 1), pa.uint32())
    )
    events = pa.Table.from_pylist(event_rows(pasts), schema=EVENT_SCHEMA)
    events = events.append_column("at_us", events["at"].cast(pa.int64())).drop_columns("at")
    return RuleTables(
        subscribers=register("sample", numbered),
        events=register("events", events),
        usage={
            month: register(f"usage_{index}", pa.Table.from_pylist(usage_rows(pasts, month), schema=USAGE_SCHEMA))
            for index, month in enumerate(MONTHS)
        },
        tags=register("tags", pa.Table.from_pylist(tag_rows(pasts), schema=TAG_SCHEMA)),
        segments={
            one: register(name.replace("'", ""), pa.table([members_of(pasts, one)], schema=IDS_SCHEMA))
            for name, one in SEGMENTS.items()
        },
        lists={
            one: {
                month: register(
                    f"list_{place}_{index}", pa.Table.from_pylist(list_rows(pasts, one, month), LIST_SCHEMA)
                )
                for index, month in enumerate(MONTHS)
                if month <= LIST_MONTHS.get(one, date.min)
            }
            for place, one in enumerate(LISTS.values())
        },
        as_of=AS_OF,
        zone=zone,
    )


@settings(
    max_examples=BATCHES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(
    texts=st.lists(rules(SMALL, calls()), min_size=RULES_A_BATCH, max_size=RULES_A_BATCH),
    sample=st.lists(rows(SMALL), min_size=ROWS, max_size=ROWS),
    pasts=st.lists(PASTS.histories(), min_size=ROWS, max_size=ROWS),
    zone=st.sampled_from(ZONES),
)
def test_both_compilers_give_every_past_the_same_answer(
    backend: Backend, texts: list[str], sample: list[Row], pasts: list[History], zone: tzinfo
) -> None:
    read = [read_rule(text, DICTIONARY, SCOPE) for text in texts]
    columns = join_asked(asked_by(read), laid_out(backend, sample, pasts, zone))
    answers = {f"answer_{place}": compile_expression(rule, columns) for place, rule in enumerate(read)}
    query = columns.table.select("subscriber_id", **answers).order_by("subscriber_id")
    found = backend.con.execute(backend.compile(query)).fetchall()
    known = [(row, replace(past, zone=zone)) for row, past in zip(sample, pasts, strict=True)]
    for place, (text, rule) in enumerate(zip(texts, read, strict=True), start=1):
        closure = compile_closure(rule)
        assert [row[place] for row in found] == [closure(row, past) for row, past in known], text
