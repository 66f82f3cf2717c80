"""Says what a segment and its membership are; it must not compute who belongs."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from svc_segment.domain.set_algebra import SetExpression
from svc_segment.domain.staleness import StaleReason

# Rows of one Arrow message: large enough to carry its overhead, small enough for a queue in memory.
MEMBERS_PER_BATCH = 5_000


class SegmentKind(StrEnum):
    """By rule, by list, or by set algebra over other segments; a segment never changes its kind."""

    RULE = "rule"
    LIST = "list"
    ALGEBRA = "algebra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a definition reads beside the subscribers' attributes: other segments, usage, types of events, tags."""

    segments: frozenset[uuid.UUID] = frozenset()
    usage: bool = False
    event_types: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a segment is by: the text of a rule, an expression, or neither for a list; ``number`` counts from 1."""

    number: int = 1
    rule: str = ""
    expression: SetExpression | None = None
    needs: Needs = field(default_factory=Needs)
    defined_by: str = ""
    defined_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.number < 1 or (self.rule and self.expression is not None):
            raise ValueError(f"a definition that can't be: number {self.number}, both a rule and an expression")

    @property
    def kind(self) -> SegmentKind:
        """Which kind of segment has such a definition."""
        if self.expression is not None:
            return SegmentKind.ALGEBRA
        return SegmentKind.RULE if self.rule else SegmentKind.LIST


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a membership was computed from; 0 for what was not read.

    ``base``, ``usage`` and ``tags`` are versions, ``events`` how many files of events were loaded; ``read_at`` is the moment that windows were measured back from, ``parts`` the versions of the segments read.
    """

    definition: int
    base: int
    usage: int
    events: int
    read_at: datetime
    as_of: date
    parts: Mapping[uuid.UUID, int] = field(default_factory=dict)
    tags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A named set of subscribers with the size of its current membership, as the data stood on ``as_of``.

    With ``small_group`` its size is not to be shown, and 0 stands in its place.
    """

    id: uuid.UUID
    name: str
    definition: Definition
    version: int
    count: int
    as_of: date
    description: str = ""
    archived: bool = False
    stale: tuple[StaleReason, ...] = ()
    small_group: bool = False
    created_by: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.version < 1 or self.count < 0:
            raise ValueError(f"a segment that can't be: version {self.version}, count {self.count}")

    @property
    def kind(self) -> SegmentKind:
        """By rule, by list or by set algebra."""
        return self.definition.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The subscribers as they stand: one Parquet file of the data folder, sorted by ``subscriber_id``."""

    version: int
    file: str
    as_of: date
    subscribers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many fit a rule now; exact."""

    count: int
    as_of: date
    took_ms: int
