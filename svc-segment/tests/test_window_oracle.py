"""Holds rules that look back to plain SQL: PostgreSQL must fit the same subscribers by subqueries of its own."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.history import History
from svc_segment.domain.rules.reader import read_rule

from .engine_material import PLAIN_VALUES, make_material
from .rule_pasts import AS_OF, LAST_MONTH, LIST_MONTHS, LISTS, SCOPE, SEGMENTS, ZONES, Pasts, calls
from .rule_texts import DICTIONARY, rows, rules
from .test_duckdb_engine import open_engine
from .test_rule_oracle import COLUMNS, CREATE, PLAIN
from .window_sql import as_plain_sql

EXAMPLES = 500
ROWS = 8
# 1,000 rules, counted by the engine over its files and by PostgreSQL over its tables.
BATCHES = 50
RULES_A_BATCH = 20
SUBSCRIBERS = 300
# Values that decimals and doubles add alike, and texts that both take for no number.
PASTS = Pasts(
    event_values=st.sampled_from(["0", "1", "-1.5", "0.25", "999999999.5", "", "one", "1e3", ".5", "1\n", "0.1234567"]),
    usage=st.integers(-8, 16).map(lambda quarters: quarters / 4),
)
CREATE_PASTS = (
    "CREATE TEMPORARY TABLE event (at integer, type text, moment timestamptz, attributes jsonb)",
    "CREATE TEMPORARY TABLE usage (at integer, month date, arpu float8, downloads bigint)",
    "CREATE TEMPORARY TABLE listed (at integer, list_id text, month date, attributes jsonb)",
    "CREATE TEMPORARY TABLE list (id text, name text, newest date)",
    "CREATE TEMPORARY TABLE member (at integer, name text, id text)",
    "CREATE TEMPORARY TABLE tag (at integer, path text, confidence float8)",
    "CREATE TEMPORARY TABLE clock (now timestamptz, zone text, last_month date)",
    # Days are 24 hours in a window.
    "SET TIME ZONE 'UTC'",
)


@dataclass(frozen=True, kw_only=True)
class Oracle:
    """A connection to PostgreSQL with tables of rows and pasts."""

    loop: asyncio.AbstractEventLoop
    connection: "asyncpg.Connection[asyncpg.Record]"

    def fitting(self, condition: str, sample: list[Row], pasts: list[History]) -> list[int]:
        """The places of the rows that fit a condition, as PostgreSQL sees it."""
        return self.loop.run_until_complete(self._fitting(condition, sample, pasts))

    def lay(self, sample: Sequence[Row], pasts: Sequence[History]) -> None:
        """Lets rows and their pasts be what conditions are asked of."""
        self.loop.run_until_complete(self._lay(sample, pasts))

    def counts(self, conditions: Sequence[str]) -> list[int]:
        """How many of what was laid fit each condition, as PostgreSQL counts them."""
        counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)
        found = self.connection.fetchrow(f"SELECT {counted} FROM sample")  # noqa: S608 -- the rules are what is tested
        return list(self.loop.run_until_complete(found) or ())

    async def _lay(self, sample: Sequence[Row], pasts: Sequence[History]) -> None:
        await self.connection.execute("TRUNCATE sample, event, usage, listed, member, tag")
        for table, records in _tables(sample, pasts).items():
            await self.connection.copy_records_to_table(table, records=records)

    async def _fitting(self, condition: str, sample: list[Row], pasts: list[History]) -> list[int]:
        await self._lay(sample, pasts)
        found = await self.connection.fetch(f"SELECT at FROM sample WHERE {condition} ORDER BY at")  # noqa: S608 -- the rule is what is tested
        return [record["at"] for record in found]


def _tables(sample: Sequence[Row], pasts: Sequence[History]) -> dict[str, list[tuple[object, ...]]]:
    names = {one: name for name, one in SEGMENTS.items()}
    numbered = list(enumerate(pasts))
    return {
        "sample": [(at, *(row[column] for column in COLUMNS)) for at, row in enumerate(sample)],
        "event": [
            (at, one.type, one.at, json.dumps(dict(one.attributes))) for at, past in numbered for one in past.events
        ],
        "usage": [
            (at, month, used["arpu"], used["downloads"]) for at, past in numbered for month, used in past.usage.items()
        ],
        "listed": [
            (at, str(one), row.month, json.dumps(dict(row.columns)))
            for at, past in numbered
            for one, listed in past.lists.items()
            for row in listed
        ],
        "member": [(at, names[one], str(one)) for at, past in numbered for one in past.segments],
        "tag": [(at, path, confidence) for at, past in numbered for path, confidence in past.tags.items()],
    }


@pytest.fixture(scope="module")
def oracle(postgres_url: str) -> Iterator[Oracle]:
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(postgres_url))
    for statement in (CREATE, *CREATE_PASTS):
        loop.run_until_complete(connection.execute(statement))
    clock = (AS_OF, str(ZONES[0]), LAST_MONTH)
    loop.run_until_complete(connection.execute("INSERT INTO clock VALUES ($1, $2, $3)", *clock))
    for name, one in LISTS.items():
        known = (str(one), name, LIST_MONTHS.get(one))
        loop.run_until_complete(connection.execute("INSERT INTO list VALUES ($1, $2, $3)", *known))
    yield Oracle(loop=loop, connection=connection)
    loop.run_until_complete(connection.close())
    loop.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(
    text=rules(PLAIN, calls()),
    sample=st.lists(rows(PLAIN), min_size=ROWS, max_size=ROWS),
    pasts=st.lists(PASTS.histories(), min_size=ROWS, max_size=ROWS),
)
def test_a_rule_that_looks_back_fits_whom_postgresql_finds(
    oracle: Oracle, text: str, sample: list[Row], pasts: list[History]
) -> None:
    closure = compile_closure(read_rule(text, DICTIONARY, SCOPE))
    fitting = [at for at, (row, past) in enumerate(zip(sample, pasts, strict=True)) if closure(row, past) is True]
    assert fitting == oracle.fitting(as_plain_sql(text), sample, pasts)


def test_a_thousand_rules_count_whom_plain_sql_counts(oracle: Oracle, tmp_path: Path) -> None:
    material = make_material(tmp_path, subscribers=SUBSCRIBERS, seed=20_110_401, values=PLAIN_VALUES)
    oracle.lay(material.rows, material.pasts)
    engine = open_engine(material, tmp_path)
    counted = 0

    @settings(
        max_examples=BATCHES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        texts=st.lists(rules(PLAIN, calls()) | rules(PLAIN), min_size=RULES_A_BATCH, max_size=RULES_A_BATCH),
    )
    def count_alike(texts: list[str]) -> None:
        nonlocal counted
        counted += len(texts)
        asked = [read_rule(text, DICTIONARY, SCOPE) for text in texts]
        found = [oracle.loop.run_until_complete(engine.count(material.base, rule, material.around)) for rule in asked]
        assert found == oracle.counts([as_plain_sql(text) for text in texts])

    count_alike()
    oracle.loop.run_until_complete(engine.close())
    assert counted >= BATCHES * RULES_A_BATCH
