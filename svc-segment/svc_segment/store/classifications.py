"""Keeps classifications and their runs in PostgreSQL; what ships with the product stands until it is changed."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import asyncpg
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.class_run import ClassRun
from svc_segment.domain.classification import Classification
from svc_segment.domain.match_run import RunState
from svc_segment.store.reference import classification_of, shipped_classifications

NEWEST = "SELECT DISTINCT ON (code) version, definition FROM classification ORDER BY code, version DESC"
INSERT = """
INSERT INTO classification (code, version, definition, changed_by, changed_at) VALUES ($1, $2, $3::jsonb, $4, $5)
ON CONFLICT DO NOTHING RETURNING true
"""
INSERT_RUN = """
INSERT INTO class_run (id, state, code, month, definition, requested_by, requested_at)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7)
"""
FIND_RUN = """
SELECT id, state, month, definition, requested_by, requested_at, ended_at, base_version, as_of, subscribers, folder,
    problem FROM class_run WHERE id = $1
"""
SAVE_RUN = """
UPDATE class_run SET state = $2, ended_at = $3, base_version = $4, as_of = $5, subscribers = $6, folder = $7,
    problem = $8 WHERE id = $1
"""
INSERT_MEMBERS = "INSERT INTO class_members (run_id, result, members) VALUES ($1, $2, $3)"
INSERT_COUNT = "INSERT INTO class_count (run_id, result, branch, count) VALUES ($1, $2, $3, $4)"
COUNTS = "SELECT result, branch, count FROM class_count WHERE run_id = $1 ORDER BY result, branch"


async def read_classifications(unit: UnitOfWork) -> Mapping[str, Classification]:
    """Every classification as it stands, by code: the shipped ones, changed or not, then the operator's own."""
    changed = [
        classification_of({**row["definition"], "version": row["version"]}) for row in await unit.driver.fetch(NEWEST)
    ]
    return {one.code: one for one in (*shipped_classifications(), *changed)}


async def insert_classification(unit: UnitOfWork, changed: Classification, *, by: str, now: datetime) -> bool:
    """Writes a version; False when somebody else wrote it first."""
    definition = json.dumps(asdict(changed))
    return bool(await unit.driver.fetchval(INSERT, changed.code, changed.version, definition, by, now))


async def insert_class_run(unit: UnitOfWork, run: ClassRun) -> None:
    """Writes a run that was asked for."""
    kept = json.dumps(asdict(run.classification))
    await unit.driver.execute(
        INSERT_RUN, run.id, run.state, run.classification.code, run.month, kept, run.requested_by, run.requested_at
    )


async def find_class_run(unit: UnitOfWork, run_id: uuid.UUID, *, lock: bool = False) -> ClassRun | None:
    """A run with its counts."""
    row = await unit.driver.fetchrow(FIND_RUN + (" FOR UPDATE" if lock else ""), run_id)
    return _to_run(row, await unit.driver.fetch(COUNTS, run_id)) if row else None


async def save_class_run(unit: UnitOfWork, run: ClassRun) -> None:
    """Writes a run's state."""
    await unit.driver.execute(
        SAVE_RUN, run.id, run.state, run.ended_at, run.base_version, run.as_of, run.subscribers, run.folder, run.problem
    )


async def save_class_members(
    unit: UnitOfWork, run_id: uuid.UUID, members: Mapping[str, BitMap], counts: Mapping[str, Mapping[str, int]]
) -> None:
    """Writes who is in which class and how many live where."""
    for result, found in members.items():
        found.run_optimize()
        await unit.driver.execute(INSERT_MEMBERS, run_id, result, found.serialize())
    rows = [(run_id, result, branch, count) for result, places in counts.items() for branch, count in places.items()]
    await unit.driver.executemany(INSERT_COUNT, rows)


def _to_run(row: asyncpg.Record, counted: Sequence[asyncpg.Record]) -> ClassRun:
    values = dict(row)
    kept = values.pop("definition")
    counts: dict[str, dict[str, int]] = {}
    for one in counted:
        counts.setdefault(one["result"], {})[one["branch"]] = one["count"]
    return ClassRun(
        **{**values, "state": RunState(values["state"])},
        classification=classification_of(kept),
        counts=counts,
    )
