"""Shows a match: how far it is and what every rule came to; it must not show whom."""

import uuid
from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_segment.domain.match_run import MatchRun, ShareCount
from svc_segment.store.match_runs import count_shares, find_run


async def get_match(unit: UnitOfWork, run_id: uuid.UUID) -> tuple[MatchRun, Sequence[ShareCount]]:
    """A run with its counts, which are there once it is done. Raises NotFound MATCH_NOT_FOUND."""
    run = await find_run(unit, run_id)
    if run is None:
        raise match_not_found(run_id)
    return run, await count_shares(unit, run_id)


def match_not_found(run_id: uuid.UUID) -> NotFound:
    """No run has this id."""
    return NotFound(reason="MATCH_NOT_FOUND", field="id", detail=f"there is no match {run_id}")
