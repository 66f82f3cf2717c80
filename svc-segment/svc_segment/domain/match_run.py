"""Says what one match of the whole base is and in which states it can be; it must not match anyone."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from carillon_chassis.errors import StateRefused
from svc_segment.domain.match_library import MatchLibrary


class RunState(StrEnum):
    """The states of a run over everyone."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


# A run whose process died is taken up again, so running may begin anew.
MOVES = {
    RunState.QUEUED: {RunState.RUNNING},
    RunState.RUNNING: {RunState.RUNNING, RunState.DONE, RunState.FAILED},
    RunState.DONE: set[RunState](),
    RunState.FAILED: set[RunState](),
}


def check_move(before: RunState, after: RunState) -> None:
    """Raises StateRefused RUN_STATE that names both states."""
    if after not in MOVES[before]:
        raise StateRefused(reason="RUN_STATE", detail=f"a run that is {before} can't become {after}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRun:
    """A match of everyone for a month (YYYY-MM), by the library as it stood when it was asked for.

    Counts are subscribers; ``recommended`` counts places taken, one to three a subscriber (SEG-01).
    """

    id: uuid.UUID
    state: RunState
    month: str
    requested_by: str
    requested_at: datetime
    library: MatchLibrary
    ended_at: datetime | None = None
    base_version: int | None = None
    as_of: date | None = None
    rules_done: int = 0
    subscribers: int = 0
    uncovered: int = 0
    recommended: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCount:
    """What one rule came to: who fits, for whom it speaks, and how many have it in each of three places.

    With ``small_group`` some of that is not to be shown, and zeros stand in its place.
    """

    rule: str
    fitting: int
    placed: Sequence[int]
    small_group: bool = False
