"""Says what a snapshot is, which columns it may have and which rows it refuses; it must not read a file."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_segment.domain.attributes import NUMBER_COLUMN, Attribute, Dictionary


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
    """An uploaded file and how far it is; ``dictionary`` has what the upload said of its columns."""

    id: uuid.UUID
    state: SnapshotState
    kind: str
    as_of: date
    file_name: str
    sha256: str
    dictionary: tuple[Attribute, ...] = ()
    counts: Counts = Counts()
    rows_done: int = 0
    problem: str = ""

    def check_move(self, target: SnapshotState) -> None:
        """Raises StateRefused SNAPSHOT_STATE for a transition that the table does not have."""
        if target not in TRANSITIONS[self.state]:
            raise StateRefused(reason="SNAPSHOT_STATE", detail=f"a snapshot can't go from {self.state} to {target}")


def file_attributes(columns: Sequence[str], said: Sequence[Attribute], known: Dictionary) -> Dictionary:
    """The attributes of a file's columns, or InvalidInput for a file that can't be loaded at all.

    SNAPSHOT_COLUMN_TWICE, SNAPSHOT_NUMBER_MISSING (no ``msisdn``), SNAPSHOT_COLUMN_MISSING (the dictionary of
    the upload names a column that the file lacks), SNAPSHOT_COLUMN_UNKNOWN (neither known nor said), and
    ATTRIBUTE_TYPE_CHANGED (Conflict) for a type that stands otherwise.
    """
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise _refused("SNAPSHOT_COLUMN_TWICE", twice, "the file has two columns of one name")
    if NUMBER_COLUMN not in columns:
        raise _refused("SNAPSHOT_NUMBER_MISSING", [NUMBER_COLUMN], "the file has no column of numbers")
    missing = [attribute.name for attribute in said if attribute.name not in columns]
    if missing:
        raise _refused("SNAPSHOT_COLUMN_MISSING", missing, "the dictionary names columns that the file does not have")
    dictionary = known.extended_by(said)
    unknown = [column for column in columns if column != NUMBER_COLUMN and column not in dictionary]
    if unknown:
        raise _refused(
            "SNAPSHOT_COLUMN_UNKNOWN",
            unknown,
            "the file has columns that no attribute describes; send their type, unit and description as dictionary",
        )
    return Dictionary(dictionary[column] for column in columns if column != NUMBER_COLUMN)


def _refused(reason: str, columns: Sequence[str], what: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=columns[0], detail=f"{what}: {', '.join(columns)}")
