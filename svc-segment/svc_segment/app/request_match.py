"""Books a match of everyone and the job that runs it; it must not match."""

import uuid
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.jobs import enqueue
from svc_segment.app.current_base import require_base
from svc_segment.domain.match_run import MatchRun, RunState
from svc_segment.store.match_library import read_library
from svc_segment.store.match_runs import insert_run

RUN_MATCH = "run_match"


async def request_match(unit: UnitOfWork, *, run_id: uuid.UUID, month: str, by: str, now: datetime) -> MatchRun:
    """A run by the library as it stands now (SEG-16). Raises StateRefused NO_SNAPSHOT and MATCH_LIBRARY_EMPTY."""
    await require_base(unit)
    library = await read_library(unit)
    if not library.rules:
        raise StateRefused(
            reason="MATCH_LIBRARY_EMPTY", detail="the library has no rule yet; add services and rules first"
        )
    run = MatchRun(
        id=run_id, state=RunState.QUEUED, month=month, requested_by=by, requested_at=now, library=library
    )  # fmt: skip
    await insert_run(unit, run)
    await enqueue(unit, RUN_MATCH, run_id.bytes, key=f"{RUN_MATCH}:{run_id}")
    return run
