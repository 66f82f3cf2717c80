"""Says what a snapshot is, how it moves and why it refuses rows; it must not read a file."""

import uuid
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_segment.domain.attributes import Attribute


class SnapshotKind(StrEnum):
    """What the rows of a file are: of subscribers, of a month of usage, of events, of a list of numbers, of radio cells."""

    SUBSCRIBERS = "subscribers"
    USAGE = "usage"
    EVENTS = "events"
    LIST = "list"
    CELLS = "cells"


class SnapshotState(StrEnum):
    """Where a snapshot stands on its way in."""

    RECEIVED = "received"
    LOADING = "loading"
    LOADED = "loaded"
    FAILED = "failed"


# Loading leads to loading again when the process died in the middle of it.
TRANSITIONS = {
    SnapshotState.RECEIVED: frozenset({SnapshotState.LOADING}),
    SnapshotState.LOADING: frozenset({SnapshotState.LOADING, SnapshotState.LOADED, SnapshotState.FAILED}),
    SnapshotState.LOADED: frozenset[SnapshotState](),
    SnapshotState.FAILED: frozenset[SnapshotState](),
}


class RejectReason(StrEnum):
    """Why a row did not load; the names are API."""

    WRONG_TYPE = "WRONG_TYPE"
    MISSING = "MISSING"
    DUPLICATE = "DUPLICATE"
    INVALID_NUMBER = "INVALID_NUMBER"
    UNKNOWN_NUMBER = "UNKNOWN_NUMBER"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    # Of files that came when sightings still had to be told one by one.
    NOT_KEPT = "NOT_KEPT"
    UNKNOWN_SCENE = "UNKNOWN_SCENE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One row of the file that did not load, by its first fault; rows count from 1."""

    row: int
    field: str
    reason: RejectReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows of a file: read, accepted, rejected."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        if min(self.rows, self.accepted, self.rejected) < 0 or self.accepted + self.rejected > self.rows:
            raise ValueError(f"counts that can't be: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An uploaded file and how far it is; ``dictionary`` has what the upload said of its columns.

    A file of usage has the first day of its ``month``, a list its ``name``. ``list_kind`` says what
    its rows are. ``strangers`` are accepted rows of a list whose number nobody has; ``notice`` tells what an operator should know of a load that went well. Raises
    InvalidInput MONTH_MISSING, MONTH_INVALID, NAME_MISSING, MONTH_UNASKED, NAME_UNASKED and LIST_KIND_UNASKED.
    """

    id: uuid.UUID
    state: SnapshotState
    kind: SnapshotKind
    as_of: date
    file_name: str
    sha256: str
    dictionary: tuple[Attribute, ...] = ()
    counts: Counts = Counts()
    rows_done: int = 0
    problem: str = ""
    month: date | None = None
    name: str = ""
    strangers: int = 0
    notice: str = ""
    list_kind: str = ""

    def __post_init__(self) -> None:
        if self.kind is SnapshotKind.USAGE:
            self._check_month()
        elif self.month is not None:
            raise InvalidInput(reason="MONTH_UNASKED", field="month", detail="only files of usage are of a month")
        if self.kind is SnapshotKind.LIST and not self.name.strip():
            raise InvalidInput(reason="NAME_MISSING", field="name", detail="a list has a name: send it as name")
        if self.kind is not SnapshotKind.LIST and self.name:
            raise InvalidInput(reason="NAME_UNASKED", field="name", detail="only lists have a name")
        if self.kind is not SnapshotKind.LIST and self.list_kind:
            raise InvalidInput(reason="LIST_KIND_UNASKED", field="list_kind", detail="only lists are of a kind of list")

    @property
    def complete(self) -> bool:
        """Whether a month of usage was over on the day the file describes; any other file is as it is."""
        return self.month is None or self.as_of >= last_day(self.month)

    def check_move(self, target: SnapshotState) -> None:
        """Raises StateRefused SNAPSHOT_STATE for a transition that the table does not have."""
        if target not in TRANSITIONS[self.state]:
            raise StateRefused(reason="SNAPSHOT_STATE", detail=f"a snapshot can't go from {self.state} to {target}")

    def _check_month(self) -> None:
        if self.month is None:
            raise InvalidInput(reason="MONTH_MISSING", field="month", detail="say the month of the usage as YYYY-MM")
        if self.month.day != 1 or self.month > self.as_of:
            raise InvalidInput(
                reason="MONTH_INVALID",
                field="month",
                detail=f"the usage of {self.month:%Y-%m} can't be known on {self.as_of}; say the month it is of",
            )


def last_day(month: date) -> date:
    """The last day of the month that begins on ``month``."""
    return month.replace(day=monthrange(month.year, month.month)[1])
