"""Keeps runs of matching and what each rule came to; a run's result is written whole or not at all."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.match_run import MatchRun, RunState, ShareCount
from svc_segment.domain.matching import Matching
from svc_segment.store.match_library import library_from_json, library_to_json

INSERT = """
INSERT INTO match_run (id, state, month, requested_by, requested_at, library) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
"""
COLUMNS = """id, state, month, requested_by, requested_at, library, ended_at, base_version, as_of, rules_done,
    subscribers, uncovered, recommended, problem"""
FIND = f"SELECT {COLUMNS} FROM match_run WHERE id = $1"  # noqa: S608 -- columns of our own
NEWEST_DONE = "SELECT id FROM match_run WHERE state = 'done' ORDER BY requested_at DESC LIMIT 1"
SAVE = """
UPDATE match_run SET state = $2, ended_at = $3, base_version = $4, as_of = $5, subscribers = $6, uncovered = $7,
    recommended = $8, problem = $9 WHERE id = $1
"""
PROGRESS = "UPDATE match_run SET rules_done = $2 WHERE id = $1"
INSERT_SHARE = "INSERT INTO match_share (run_id, position, rule, fitting, placed, fits, speaks) VALUES ($1, $2, $3, $4, $5, $6, $7)"
COUNTS = "SELECT rule, fitting, placed FROM match_share WHERE run_id = $1 ORDER BY position"
SPEAKS = "SELECT rule, fits, speaks FROM match_share WHERE run_id = $1 ORDER BY position"
# Runs before the last few are counts; their sets would only take room.
FORGET = """
UPDATE match_share SET speaks = ''::bytea, fits = ''::bytea WHERE run_id IN (
    SELECT id FROM match_run WHERE state = 'done' ORDER BY requested_at DESC OFFSET $1
) AND speaks <> ''::bytea
"""
RUNS_KEPT = 3
EXTRACTED = "SELECT rule, subscribers FROM match_extraction WHERE month = $1"
EXTRACT = """
INSERT INTO match_extraction (rule, month, subscribers) VALUES ($1, $2, $3)
ON CONFLICT (rule, month) DO UPDATE SET subscribers = $3
"""
# Held by whoever ends a run, so that two never share out one volume; any number that is ours alone.
MATCH_LOCK = 0x5E6_0005


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """Who fitted a rule and for whom it spoke in a run; None once the run's sets are no longer kept."""

    rule: str
    fits: BitMap | None
    speaks: BitMap | None


async def insert_run(unit: UnitOfWork, run: MatchRun) -> None:
    """Writes a run that was asked for."""
    kept = json.dumps(library_to_json(run.library))
    await unit.driver.execute(INSERT, run.id, run.state, run.month, run.requested_by, run.requested_at, kept)


async def find_run(unit: UnitOfWork, run_id: uuid.UUID, *, lock: bool = False) -> MatchRun | None:
    """A run with its library."""
    row = await unit.driver.fetchrow(FIND + (" FOR UPDATE" if lock else ""), run_id)
    return _to_run(row) if row else None


async def newest_run(unit: UnitOfWork) -> uuid.UUID | None:
    """The id of the last run that ended well."""
    found: uuid.UUID | None = await unit.driver.fetchval(NEWEST_DONE)
    return found


async def save_run(unit: UnitOfWork, run: MatchRun) -> None:
    """Writes a run's state and counts."""
    await unit.driver.execute(
        SAVE,
        run.id,
        run.state,
        run.ended_at,
        run.base_version,
        run.as_of,
        run.subscribers,
        run.uncovered,
        run.recommended,
        run.problem,
    )


async def save_rules_done(unit: UnitOfWork, run_id: uuid.UUID, done: int) -> None:
    """Says how many rules are asked, for a progress bar."""
    await unit.driver.execute(PROGRESS, run_id, done)


async def save_shares(unit: UnitOfWork, run_id: uuid.UUID, matching: Matching) -> int:
    """Writes what every rule came to and gives the number of places taken."""
    taken = 0
    for position, share in enumerate(matching.shares):
        placed = [len(members) for members in matching.places[share.rule.code]]
        taken += sum(placed)
        fits, speaks = _serialized(share.fits), _serialized(share.speaks)
        await unit.driver.execute(
            INSERT_SHARE, run_id, position, share.rule.code, len(share.fits), placed, fits, speaks
        )
    await unit.driver.execute(FORGET, RUNS_KEPT)
    return taken


async def count_shares(unit: UnitOfWork, run_id: uuid.UUID) -> Sequence[ShareCount]:
    """What every rule of a run came to, in the order of rank."""
    rows = await unit.driver.fetch(COUNTS, run_id)
    return [ShareCount(rule=row["rule"], fitting=row["fitting"], placed=row["placed"]) for row in rows]


async def read_speaking(unit: UnitOfWork, run_id: uuid.UUID) -> Sequence[Speaking]:
    """For whom every rule of a run spoke, in the order of rank."""
    rows = await unit.driver.fetch(SPEAKS, run_id)
    return [
        Speaking(rule=row["rule"], fits=_deserialized(row["fits"]), speaks=_deserialized(row["speaks"])) for row in rows
    ]


async def lock_extraction(unit: UnitOfWork) -> None:
    """Lets nobody else share out volumes until the transaction ends."""
    await unit.driver.execute("SELECT pg_advisory_xact_lock($1)", MATCH_LOCK)


async def read_extracted(unit: UnitOfWork, month: str) -> Mapping[str, BitMap]:
    """By rule, whom it gave away in a month."""
    return {row["rule"]: BitMap.deserialize(row["subscribers"]) for row in await unit.driver.fetch(EXTRACTED, month)}


async def save_extracted(unit: UnitOfWork, month: str, extracted: Mapping[str, BitMap]) -> None:
    """Keeps whom the rules with a volume have given away in a month, this run's included."""
    for rule, subscribers in extracted.items():
        await unit.driver.execute(EXTRACT, rule, month, subscribers.serialize())


def _serialized(subscribers: BitMap) -> bytes:
    subscribers.run_optimize()
    return subscribers.serialize()


def _deserialized(kept: bytes) -> BitMap | None:
    return BitMap.deserialize(kept) if kept else None


def _to_run(row: asyncpg.Record) -> MatchRun:
    values = dict(row)
    library = library_from_json(values.pop("library"))
    return MatchRun(**{**values, "state": RunState(values["state"]), "library": library})
