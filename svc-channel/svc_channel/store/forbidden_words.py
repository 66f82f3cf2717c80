"""The operator's forbidden words as they are kept; looks into no text."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.forbidden_words import ForbiddenWord

PUT = """
INSERT INTO forbidden_word (word, reason, changed_by, changed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (word) DO UPDATE
SET reason = excluded.reason, changed_by = excluded.changed_by, changed_at = excluded.changed_at
"""

END = "DELETE FROM forbidden_word WHERE word = $1 RETURNING reason"

FETCH = "SELECT word, reason FROM forbidden_word ORDER BY word"


async def put_forbidden_word(unit: UnitOfWork, word: ForbiddenWord, *, by: str, now: datetime) -> None:
    """Adds a word, or gives it another reason."""
    await unit.driver.execute(PUT, word.word, word.reason, by, now)


async def end_forbidden_word(unit: UnitOfWork, word: ForbiddenWord) -> str | None:
    """Lets a word out again; answers why it was not, None when it was never forbidden."""
    reason: str | None = await unit.driver.fetchval(END, word.word)
    return reason


async def fetch_forbidden_words(unit: UnitOfWork) -> list[ForbiddenWord]:
    """All of them."""
    return [ForbiddenWord(**row) for row in await unit.driver.fetch(FETCH)]
