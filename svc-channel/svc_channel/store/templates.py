"""Templates version by version; fills none and judges none."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.template import Purpose

COLUMNS = "id, name, version, purpose, text, state, made_by, made_at, judged_by, judged_at, judgement"

# One version after the other: whoever makes the next of a name waits for who does so already.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('template:' || $1, 0))"

INSERT = f"""
INSERT INTO template (id, name, version, purpose, text, state, made_by, made_at)
SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, 'draft', $5, $6 FROM template WHERE name = $2
RETURNING {COLUMNS}
"""  # noqa: S608 -- columns of ours

JUDGE = f"""
UPDATE template SET state = $2, judged_by = $3, judged_at = $4, judgement = $5 WHERE id = $1 AND state = 'draft'
RETURNING {COLUMNS}
"""  # noqa: S608 -- columns of ours

FIND = f"SELECT {COLUMNS} FROM template WHERE id = $1"  # noqa: S608 -- columns of ours

APPROVED = f"""
SELECT {COLUMNS} FROM template WHERE name = $1 AND state = 'approved' ORDER BY version DESC LIMIT 1
"""  # noqa: S608 -- columns of ours

PAGE = f"""
SELECT {COLUMNS} FROM template WHERE (name, -version) > ($1, $2) ORDER BY name, version DESC LIMIT $3
"""  # noqa: S608 -- columns of ours


class TemplateState(StrEnum):
    """Where a version stands; only an approved one is sent."""

    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTemplate:
    """One version, who made it, and who judged it and why."""

    id: UUID
    name: str
    version: int
    purpose: Purpose
    text: str
    state: TemplateState
    made_by: str
    made_at: datetime
    judged_by: str = ""
    judged_at: datetime | None = None
    judgement: str = ""


async def insert_template(
    unit: UnitOfWork, *, template_id: UUID, name: str, purpose: Purpose, text: str, by: str, now: datetime
) -> KeptTemplate:
    """The next version of a name, as a draft."""
    await unit.driver.execute(LOCK, name)
    [row] = await unit.driver.fetch(INSERT, template_id, name, purpose.value, text, by, now)
    return _kept(row)


async def judge(
    unit: UnitOfWork, template_id: UUID, *, state: TemplateState, by: str, judgement: str, now: datetime
) -> KeptTemplate | None:
    """The judged version; None when it is no draft any more."""
    row = await unit.driver.fetchrow(JUDGE, template_id, state.value, by, now, judgement)
    return _kept(row) if row is not None else None


async def find_template(unit: UnitOfWork, template_id: UUID) -> KeptTemplate | None:
    """The version under this id."""
    row = await unit.driver.fetchrow(FIND, template_id)
    return _kept(row) if row is not None else None


async def find_approved(unit: UnitOfWork, name: str) -> KeptTemplate | None:
    """The latest version of a name that may be sent."""
    row = await unit.driver.fetchrow(APPROVED, name)
    return _kept(row) if row is not None else None


async def fetch_templates(unit: UnitOfWork, *, after: tuple[str, int], limit: int) -> list[KeptTemplate]:
    """By name, the latest version first, after this name and version."""
    name, version = after
    return [_kept(row) for row in await unit.driver.fetch(PAGE, name, -version, limit)]


def _kept(row: asyncpg.Record) -> KeptTemplate:
    return KeptTemplate(**{**row, "purpose": Purpose(row["purpose"]), "state": TemplateState(row["state"])})
