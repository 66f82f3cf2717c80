"""The words that people write to us, and whom we answered when; recognises nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.keywords import Action, Keyword, Match

# Whoever writes a word again and again hears from us once a day.
ANSWER_REST = timedelta(days=1)

FETCH = "SELECT id, name, match, word, recipient, action, threshold, answer FROM keyword ORDER BY id"

FETCH_OPTING = """
SELECT id, name, match, word, recipient, action, threshold, answer FROM keyword WHERE action IN ('opt_out', 'opt_in')
ORDER BY id
"""

# A word at a number has one meaning; the newer one replaces the older.
PUT = """
INSERT INTO keyword (name, match, word, recipient, action, threshold, answer, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (match, word, recipient) DO UPDATE
SET name = excluded.name, action = excluded.action, threshold = excluded.threshold, answer = excluded.answer,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
RETURNING id
"""

END = "DELETE FROM keyword WHERE id = $1"

LOCK = "LOCK TABLE keyword IN SHARE ROW EXCLUSIVE MODE"

# Only those come back whose last answer is long enough ago, or who never had one.
ANSWER = """
INSERT INTO keyword_answer AS a (subscriber_id, name, answered_at)
SELECT subscriber_id, name, $3 FROM unnest($1::bigint[], $2::text[]) AS n (subscriber_id, name) ORDER BY 1, 2
ON CONFLICT (subscriber_id, name) DO UPDATE SET answered_at = excluded.answered_at WHERE a.answered_at <= $4
RETURNING subscriber_id, name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKeyword:
    """A word under its id."""

    id: int
    keyword: Keyword


async def fetch_keywords(unit: UnitOfWork) -> list[KeptKeyword]:
    """All words, the oldest first."""
    return [_kept(row) for row in await unit.driver.fetch(FETCH)]


async def fetch_opting_keywords(unit: UnitOfWork) -> list[KeptKeyword]:
    """Those that opt out or in, the oldest first."""
    return [_kept(row) for row in await unit.driver.fetch(FETCH_OPTING)]


async def put_keyword(unit: UnitOfWork, keyword: Keyword, *, by: str, now: datetime) -> int:
    """Adds a word, or gives it another meaning; answers its id."""
    return int(
        await unit.driver.fetchval(
            PUT,
            keyword.name,
            keyword.match.value,
            keyword.word,
            keyword.recipient,
            keyword.action.value,
            keyword.threshold,
            keyword.answer,
            by,
            now,
        )
    )


async def lock_keywords(unit: UnitOfWork) -> None:
    """Nobody else changes words until this transaction ends; reading goes on."""
    await unit.driver.execute(LOCK)


async def end_keyword(unit: UnitOfWork, keyword_id: int) -> None:
    """Forgets a word."""
    await unit.driver.execute(END, keyword_id)


async def book_answers_due(
    unit: UnitOfWork, asked: Sequence[tuple[int, str]], *, now: datetime
) -> set[tuple[int, str]]:
    """Of (subscriber, word's name), those who get an answer now; it is booked as given."""
    distinct = list(dict.fromkeys(asked))
    if not distinct:
        return set()
    rows = await unit.driver.fetch(
        ANSWER, [one for one, _ in distinct], [name for _, name in distinct], now, now - ANSWER_REST
    )
    return {(row["subscriber_id"], row["name"]) for row in rows}


def _kept(row: asyncpg.Record) -> KeptKeyword:
    keyword = Keyword(
        name=row["name"],
        match=Match(row["match"]),
        action=Action(row["action"]),
        word=row["word"],
        recipient=row["recipient"],
        threshold=row["threshold"],
        answer=row["answer"],
    )
    return KeptKeyword(id=row["id"], keyword=keyword)
