"""Holds rules to SQL itself: PostgreSQL reads the very text of a rule and must fit the same rows."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.reader import read_rule

from .rule_texts import DICTIONARY, Values, rows, rules

EXAMPLES = 1_000
MAX_ROWS = 8
# Values on which PostgreSQL's own types agree with ours: it compares whole numbers with fractions as decimals
# and not as doubles, and folds the case of foreign letters by the locale it was made with.
PLAIN = Values(
    integers=st.integers(-4, 4),
    numbers=st.integers(-16, 16).map(lambda quarters: quarters / 4),
    texts=st.text(alphabet="aAbB%_ '全球", max_size=4),
    days=st.dates(date(1999, 12, 30), date(2000, 1, 3)),
)
CREATE = """
CREATE TEMPORARY TABLE sample (
    at integer, i bigint, j bigint, n double precision, m double precision,
    t text COLLATE "C", u text COLLATE "C", b boolean, c boolean, d date, e date
)
"""
COLUMNS = ["i", "j", "n", "m", "t", "u", "b", "c", "d", "e"]


@dataclass(frozen=True, kw_only=True)
class Oracle:
    """A connection to PostgreSQL with a table of rows."""

    loop: asyncio.AbstractEventLoop
    connection: "asyncpg.Connection[asyncpg.Record]"

    def fitting(self, text: str, sample: list[Row]) -> list[int]:
        """The places of the rows that fit a rule, as PostgreSQL sees it."""
        return self.loop.run_until_complete(self._fitting(text, sample))

    async def _fitting(self, text: str, sample: list[Row]) -> list[int]:
        records = [(at, *(row[column] for column in COLUMNS)) for at, row in enumerate(sample)]
        await self.connection.execute("TRUNCATE sample")
        await self.connection.copy_records_to_table("sample", records=records)
        found = await self.connection.fetch(f"SELECT at FROM sample WHERE {text} ORDER BY at")  # noqa: S608 -- the rule is what is tested
        return [record["at"] for record in found]


@pytest.fixture(scope="module")
def oracle(postgres_url: str) -> Iterator[Oracle]:
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(postgres_url))
    loop.run_until_complete(connection.execute(CREATE))
    yield Oracle(loop=loop, connection=connection)
    loop.run_until_complete(connection.close())
    loop.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(text=rules(PLAIN), sample=st.lists(rows(PLAIN), min_size=1, max_size=MAX_ROWS))
def test_a_rule_fits_the_rows_that_postgresql_finds_by_its_text(oracle: Oracle, text: str, sample: list[Row]) -> None:
    closure = compile_closure(read_rule(text, DICTIONARY))
    assert [at for at, row in enumerate(sample) if closure(row) is True] == oracle.fitting(text, sample)
