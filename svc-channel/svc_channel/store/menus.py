"""The operator's own menus, kept as the text that was put; reads none of it."""

from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork

PUT = """
INSERT INTO menu AS m (name, definition, version, changed_by, changed_at) VALUES ($1, $2, 1, $3, $4)
ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, version = m.version + 1,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
RETURNING version
"""
# A menu is at most some hundred kilobytes and an operator has a few dozen.
LIST = "SELECT name, definition, version, changed_by, changed_at FROM menu ORDER BY name LIMIT 500"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMenu:
    """A menu as it was put; ``definition`` is JSON."""

    name: str
    definition: str
    version: int
    changed_by: str
    changed_at: datetime


async def put_menu_row(unit: UnitOfWork, *, name: str, definition: str, by: str, now: datetime) -> int:
    """Keeps a menu; its version, from 1."""
    version: int = await unit.driver.fetchval(PUT, name, definition, by, now)
    return version


async def list_menu_rows(unit: UnitOfWork) -> list[KeptMenu]:
    """All of them, by name."""
    return [KeptMenu(**row) for row in await unit.driver.fetch(LIST)]
