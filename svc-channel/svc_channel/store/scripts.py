"""The operator's own scripts, kept as the text that was put, and the texts that templates approve for them; speaks none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork

PUT = """
INSERT INTO script AS s (code, definition, version, changed_by, changed_at) VALUES ($1, $2, 1, $3, $4)
ON CONFLICT (code) DO UPDATE SET definition = excluded.definition, version = s.version + 1,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
RETURNING version
"""
# An operator has a few dozen of some hundred characters.
LIST = "SELECT code, definition, version FROM script ORDER BY code LIMIT 1000"
APPROVED = """
SELECT DISTINCT ON (name) name, text FROM template WHERE name = ANY($1::text[]) AND state = 'approved'
ORDER BY name, version DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptScript:
    """A script as it was put; ``definition`` is JSON."""

    code: str
    definition: str
    version: int


async def put_script_row(unit: UnitOfWork, *, code: str, definition: str, by: str, now: datetime) -> int:
    """Keeps a script; its version, from 1."""
    version: int = await unit.driver.fetchval(PUT, code, definition, by, now)
    return version


async def list_script_rows(unit: UnitOfWork) -> list[KeptScript]:
    """All of them, by code."""
    return [KeptScript(**row) for row in await unit.driver.fetch(LIST)]


async def fetch_approved_texts(unit: UnitOfWork, names: Sequence[str]) -> Mapping[str, str]:
    """The text of the latest approved version of each name that has one."""
    return {row["name"]: row["text"] for row in await unit.driver.fetch(APPROVED, names)}
