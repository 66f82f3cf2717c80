"""Attributes, previews and snapshots in JSON; rules are passed on as text, svc-segment alone reads them."""

from typing import Literal

from pydantic import Field

from carillon.segment.v1 import snapshot_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Text, render_state

# The longest rule that svc-segment takes.
RULE_LENGTH = 20_000

AttributeKind = Literal["integer", "number", "text", "boolean", "date"]
# Value, consumption, preference, trajectory and terminal; empty for none of them (SEG-02).
Dimension = Literal["", "value", "consumption", "preference", "trajectory", "terminal"]


class Attribute(Answer):
    """One column that rules can use."""

    name: str = Field(examples=["recency"])
    type: AttributeKind
    unit: str = Field(examples=["months"])
    description: str
    dimension: str = Field(
        description="Which side of a customer it shows: value, consumption, preference, trajectory, terminal; or empty"
    )


class Attributes(Answer):
    """The whole dictionary."""

    attributes: list[Attribute]


class DictionaryEntry(Body):
    """What a new column of a snapshot means."""

    type: AttributeKind
    unit: Text = Field(default="", max_length=40)
    description: Text = Field(default="", max_length=500)
    dimension: Dimension = ""


class PreviewRule(Body):
    """A rule to count."""

    rule: Text = Field(
        min_length=1,
        max_length=RULE_LENGTH,
        description="A SQL boolean expression over the attribute dictionary",
        examples=["recency <= 6 AND zip_code = 'Urban'"],
    )


class Preview(Answer):
    """How many subscribers fit a rule now: exact, not an estimate."""

    count: int = Field(examples=[407201])
    as_of: str
    took_ms: int = Field(examples=[28])


class Snapshot(Answer):
    """A file of subscribers, usage, events or a list on its way into the suite."""

    id: str
    state: Literal["received", "loading", "loaded", "failed"]
    kind: str
    as_of: str
    file_name: str
    sha256: str
    rows: int
    rows_done: int = Field(description="Rows read so far, for a progress bar")
    accepted: int
    rejected: int
    problem: str | None = Field(description="Why the whole file was refused")
    month: str | None = Field(description="The month of usage", examples=["2011-03"])
    complete: bool = Field(description="Whether that month was over on as_of; true for any other kind")
    name: str | None = Field(description="The list, and the segment of it")
    list_kind: str | None = Field(description="What the rows of a list are; null for a plain one and any other file")
    strangers: int = Field(description="Accepted rows of a list whose number nobody has")
    notice: str | None = Field(description="What to know of a load that went well: partial, late, replaced")


class Reject(Answer):
    """A row that was not loaded."""

    row: int = Field(description="The first row of data is 1")
    field: str
    reason: str = Field(examples=["WRONG_TYPE"])
    detail: str


class Rejects(Answer):
    """A page of rows that were not loaded."""

    rejects: list[Reject]
    next_page_token: str


def parse_attribute(name: str, entry: DictionaryEntry) -> snapshot_pb2.Attribute:
    """One line of the dictionary for svc-segment."""
    return snapshot_pb2.Attribute(
        name=name,
        type=snapshot_pb2.AttributeType.Value(f"ATTRIBUTE_TYPE_{entry.type.upper()}"),
        unit=entry.unit,
        description=entry.description,
        dimension=entry.dimension,
    )


def render_attribute(attribute: snapshot_pb2.Attribute) -> Attribute:
    """The attribute as JSON has it."""
    return Attribute(
        name=attribute.name,
        type=render_state(snapshot_pb2.AttributeType.Name(attribute.type), "ATTRIBUTE_TYPE_"),
        unit=attribute.unit,
        description=attribute.description,
        dimension=attribute.dimension,
    )


def render_snapshot(snapshot: snapshot_pb2.Snapshot) -> Snapshot:
    """The snapshot as JSON has it."""
    return Snapshot(
        id=snapshot.id,
        state=render_state(snapshot_pb2.SnapshotState.Name(snapshot.state), "SNAPSHOT_STATE_"),
        kind=snapshot.kind,
        as_of=snapshot.as_of,
        file_name=snapshot.file_name,
        sha256=snapshot.sha256,
        rows=snapshot.rows,
        rows_done=snapshot.rows_done,
        accepted=snapshot.accepted,
        rejected=snapshot.rejected,
        problem=snapshot.problem or None,
        month=snapshot.month or None,
        complete=snapshot.complete,
        name=snapshot.name or None,
        list_kind=snapshot.list_kind or None,
        strangers=snapshot.strangers,
        notice=snapshot.notice or None,
    )


def render_reject(reject: snapshot_pb2.Reject) -> Reject:
    """The refused row as JSON has it."""
    return Reject(row=reject.row, field=reject.field, reason=reject.reason, detail=reject.detail)
