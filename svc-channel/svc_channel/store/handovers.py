"""Questions that were handed to people, and their answers; sends none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork

COLUMNS = "id, robot, peer, question, asked_at, answer, answered_by, answered_at"
WHOSE = "($1 = '' OR robot = $1) AND ($2 = '' OR robot IN (SELECT id FROM robot WHERE city = $2))"
OPEN = f"""
SELECT {COLUMNS} FROM handover WHERE answered_at IS NULL AND {WHOSE} ORDER BY asked_at, id LIMIT $3
"""  # noqa: S608 -- a constant of this module
DONE = f"""
SELECT {COLUMNS} FROM handover WHERE answered_at IS NOT NULL AND {WHOSE}
ORDER BY answered_at DESC, id DESC LIMIT $3
"""  # noqa: S608 -- a constant of this module
FIND = f"SELECT {COLUMNS} FROM handover WHERE id = $1 FOR UPDATE"  # noqa: S608 -- a constant of this module
ANSWER = "UPDATE handover SET answer = $2, answered_by = $3, answered_at = $4 WHERE id = $1"
HAND_OVER = """
INSERT INTO handover (id, robot, peer, question, asked_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) ON CONFLICT DO NOTHING
"""
COUNT_OPEN = "SELECT count(*) FROM handover WHERE answered_at IS NULL AND ($1 = '' OR robot = $1)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A question and, once a person gave one, its answer."""

    id: UUID
    robot: str
    peer: str
    question: str
    asked_at: datetime
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None


async def hand_over(unit: UnitOfWork, handovers: Sequence[Handover]) -> None:
    """Keeps questions for people, each once."""
    if handovers:
        await unit.driver.execute(
            HAND_OVER,
            [one.id for one in handovers],
            [one.robot for one in handovers],
            [one.peer for one in handovers],
            [one.question for one in handovers],
            [one.asked_at for one in handovers],
        )


async def list_handovers(unit: UnitOfWork, *, answered: bool, robot: str, city: str = "", limit: int) -> list[Handover]:
    """Open ones, the oldest first; or answered ones, the newest first; with a ``city`` its robots' alone."""
    return [Handover(**row) for row in await unit.driver.fetch(DONE if answered else OPEN, robot, city, limit)]


async def find_handover(unit: UnitOfWork, handover_id: UUID) -> Handover | None:
    """One of them, locked."""
    row = await unit.driver.fetchrow(FIND, handover_id)
    return None if row is None else Handover(**row)


async def keep_answer(unit: UnitOfWork, handover: Handover) -> None:
    """Writes the answer of an open one."""
    await unit.driver.execute(ANSWER, handover.id, handover.answer, handover.answered_by, handover.answered_at)


async def count_open(unit: UnitOfWork, *, robot: str) -> int:
    """How many wait."""
    count: int = await unit.driver.fetchval(COUNT_OPEN, robot)
    return count


async def find_asker_number(unit: UnitOfWork, handover_id: UUID) -> str:
    """Who asked, empty where there is no such question."""
    peer: str | None = await unit.driver.fetchval("SELECT peer FROM handover WHERE id = $1", handover_id)
    return peer or ""
