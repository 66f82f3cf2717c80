"""Overlaps, grids and rebuilds of segments in JSON; svc-segment alone counts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from carillon.segment.v1 import membership_pb2
from carillon_gateway.http.models.segments import RULE_LENGTH
from carillon_gateway.http.models.shapes import Answer, Body, Text, render_optional_time, render_state

RuleText = Annotated[Text, Field(min_length=1, max_length=RULE_LENGTH)]
# A table that a person reads has fewer; svc-segment counts no larger one.
GRID_LINES = Field(min_length=1, max_length=50)


class CountOverlap(Body):
    """The segments to lay over one another."""

    ids: list[UUID] = Field(min_length=1, max_length=100)


class OverlapRow(Answer):
    """One segment and the members it shares with each of the others, in the order of the request."""

    id: str
    name: str
    version: int
    as_of: str
    stale: bool
    shared: list[int]


class Overlap(Answer):
    """Exact counts of all pairs; a segment with itself counts all its members."""

    rows: list[OverlapRow]


class CountGrid(Body):
    """Rules for the rows and columns of a table of counts."""

    filter: Text = Field(default="", max_length=RULE_LENGTH, description="Who is counted at all; empty is everyone")
    rows: list[RuleText] = GRID_LINES
    columns: list[RuleText] = GRID_LINES


class GridRow(Answer):
    """One row; `total` counts who fits any of its columns, nobody twice."""

    rule: str
    cells: list[int]
    total: int


class Grid(Answer):
    """Exact counts of one pass over the subscribers."""

    rows: list[GridRow]
    column_totals: list[int]
    total: int
    filtered: int = Field(description="Who fits the filter")
    as_of: str
    took_ms: int


class RebuildProblem(Answer):
    """A segment that can't be computed any more, and why."""

    segment_id: str
    detail: str


class Rebuild(Answer):
    """How far a rebuild of the segments that were behind is."""

    id: str
    state: Literal["running", "done"]
    segments: int
    rebuilt: int
    started_at: datetime | None
    ended_at: datetime | None
    problems: list[RebuildProblem]


def render_overlap(answer: membership_pb2.CountOverlapResponse) -> Overlap:
    """The table as JSON has it."""
    return Overlap(
        rows=[
            OverlapRow(
                id=row.segment_id,
                name=row.name,
                version=row.version,
                as_of=row.as_of,
                stale=row.stale,
                shared=list(row.shared),
            )
            for row in answer.rows
        ]
    )


def render_grid(rules: list[str], answer: membership_pb2.CountGridResponse) -> Grid:
    """The grid as JSON has it, each row with its rule."""
    return Grid(
        rows=[
            GridRow(rule=rule, cells=list(row.cells), total=row.total)
            for rule, row in zip(rules, answer.rows, strict=True)
        ],
        column_totals=list(answer.column_totals),
        total=answer.total,
        filtered=answer.filtered,
        as_of=answer.as_of,
        took_ms=answer.took_ms,
    )


def render_rebuild(rebuild: membership_pb2.Rebuild) -> Rebuild:
    """The rebuild as JSON has it."""
    return Rebuild(
        id=rebuild.id,
        state=render_state(membership_pb2.RebuildState.Name(rebuild.state), "REBUILD_STATE_"),
        segments=rebuild.segments,
        rebuilt=rebuild.rebuilt,
        started_at=render_optional_time(rebuild, "started_at"),
        ended_at=render_optional_time(rebuild, "ended_at"),
        problems=[RebuildProblem(segment_id=problem.segment_id, detail=problem.detail) for problem in rebuild.problems],
    )
