"""The entries of the knowledge base; finds no answers."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.robots.knowledge import Audience, Entry

PUT = """
INSERT INTO knowledge_entry (id, audience, question, variants, answer, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET audience = excluded.audience, question = excluded.question,
    variants = excluded.variants, answer = excluded.answer, retired = false, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at
"""
EXISTS = "SELECT true FROM knowledge_entry WHERE id = $1 AND NOT retired FOR UPDATE"
RETIRE = "UPDATE knowledge_entry SET retired = true, changed_by = $2, changed_at = $3 WHERE id = $1"
LIST = """
SELECT id, audience, question, variants, answer FROM knowledge_entry
WHERE NOT retired AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2
"""
# One look says whether anything has changed: retiring changes the moment too.
VERSION = "SELECT coalesce(max(changed_at)::text, '') || '/' || count(*) FROM knowledge_entry"


async def put_entry_row(unit: UnitOfWork, entry: Entry, *, by: str, now: datetime) -> None:
    """Keeps an entry."""
    await unit.driver.execute(
        PUT, entry.id, entry.audience.value, entry.question, list(entry.variants), entry.answer, by, now
    )


async def has_entry(unit: UnitOfWork, entry_id: UUID) -> bool:
    """Whether it answers; locks it."""
    return bool(await unit.driver.fetchval(EXISTS, entry_id))


async def retire_entry_row(unit: UnitOfWork, entry_id: UUID, *, by: str, now: datetime) -> None:
    """Takes it out of the answers."""
    await unit.driver.execute(RETIRE, entry_id, by, now)


async def list_entry_rows(unit: UnitOfWork, *, after: UUID | None, limit: int) -> list[Entry]:
    """Entries that answer, by id."""
    return [
        Entry(
            id=row["id"],
            audience=Audience(row["audience"]),
            question=row["question"],
            variants=tuple(row["variants"]),
            answer=row["answer"],
        )
        for row in await unit.driver.fetch(LIST, after, limit)
    ]


async def knowledge_version(unit: UnitOfWork) -> str:
    """Changes whenever any entry does."""
    version: str = await unit.driver.fetchval(VERSION)
    return version
