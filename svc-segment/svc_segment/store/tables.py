"""The tables of svc-segment, in their own metadata and registry; rows never leave the store."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

metadata = MetaData()


class Row(SQLModel, registry=registry(metadata=metadata)):
    """The base of this service's tables."""

    metadata: ClassVar[MetaData] = metadata


class AttributeRow(Row, table=True):
    """The attribute dictionary; a type stands for ever."""

    __tablename__ = "attribute"

    name: str = Field(primary_key=True)
    position: int
    type: str
    unit: str
    description: str
    dimension: str = ""


class SnapshotRow(Row, table=True):
    """An uploaded file; one that neither failed nor was superseded stands once a SHA-256, kind, name and month."""

    __tablename__ = "snapshot"

    id: uuid.UUID = Field(primary_key=True)
    state: str
    kind: str
    as_of: date
    file_name: str
    sha256: str
    dictionary: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    row_count: int = Field(sa_type=BigInteger)
    accepted: int = Field(sa_type=BigInteger)
    rejected: int = Field(sa_type=BigInteger)
    rows_done: int = Field(sa_type=BigInteger)
    problem: str
    month: date | None = None
    name: str = ""
    strangers: int = Field(default=0, sa_type=BigInteger)
    notice: str = ""
    superseded: bool = False
    list_kind: str = ""
    received_at: datetime = Field(sa_type=DateTime(timezone=True))


class RejectRow(Row, table=True):
    """A row of a file that did not load."""

    __tablename__ = "reject"

    snapshot_id: uuid.UUID = Field(primary_key=True, foreign_key="snapshot.id")
    row: int = Field(primary_key=True, sa_type=BigInteger)
    field: str
    reason: str
    detail: str


class NumberRow(Row, table=True):
    """The dictionary between numbers and ordinals; rows are added and never removed, so no ordinal comes twice.

    A number is unique among the living: those that have not ended and wait for no load.
    """

    __tablename__ = "number"

    subscriber_id: int = Field(primary_key=True, sa_type=Integer)
    msisdn: int = Field(sa_type=BigInteger)
    ended_on: date | None = None
    waiting_for: uuid.UUID | None = Field(default=None, foreign_key="snapshot.id")


class BaseRow(Row, table=True):
    """Which Parquet file holds the subscribers; the highest version is the current one."""

    __tablename__ = "base"

    version: int = Field(primary_key=True, sa_type=BigInteger)
    snapshot_id: uuid.UUID = Field(foreign_key="snapshot.id")
    file: str
    as_of: date
    subscribers: int = Field(sa_type=BigInteger)


class SegmentRow(Row, table=True):
    """A named set of subscribers; ``version`` says which membership is the current one, ``definition`` what it means."""

    __tablename__ = "segment"

    id: uuid.UUID = Field(primary_key=True)
    name: str = Field(unique=True)
    kind: str
    description: str
    version: int = Field(sa_type=BigInteger)
    definition: int
    archived: bool
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    created_by: str
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    changed_by: str


class SegmentDefinitionRow(Row, table=True):
    """What a segment was defined as, by whom and when; rows are added and never changed."""

    __tablename__ = "segment_definition"

    segment_id: uuid.UUID = Field(primary_key=True, foreign_key="segment.id")
    number: int = Field(primary_key=True)
    rule: str
    expression: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    uses: list[uuid.UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    reads_usage: bool
    event_types: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    tags: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))
    defined_by: str
    defined_at: datetime = Field(sa_type=DateTime(timezone=True))


class MembershipRow(Row, table=True):
    """Who belongs to a segment by one version: a roaring bitmap over ordinals, and what it was computed from."""

    __tablename__ = "membership"

    segment_id: uuid.UUID = Field(primary_key=True, foreign_key="segment.id")
    version: int = Field(primary_key=True, sa_type=BigInteger)
    base_version: int | None = Field(default=None, sa_type=BigInteger, foreign_key="base.version")
    as_of: date
    count: int = Field(sa_type=BigInteger)
    bitmap: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    definition: int
    usage_version: int = Field(sa_type=BigInteger)
    read_at: datetime = Field(sa_type=DateTime(timezone=True))
    parts: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    event_loads: int = Field(default=0, sa_type=BigInteger)
    tag_version: int = Field(default=0, sa_type=BigInteger)
    kept_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class LiveTouchRow(Row, table=True):
    """Whom an event touched; gone once the memberships are renewed."""

    __tablename__ = "live_touch"

    id: int = Field(primary_key=True, sa_type=BigInteger)
    subscriber_id: int
    type: str


class RebuildRow(Row, table=True):
    """How far a rebuild of segments is."""

    __tablename__ = "rebuild"

    id: uuid.UUID = Field(primary_key=True)
    state: str
    segments: int
    rebuilt: int
    problems: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class MemberExportRow(Row, table=True):
    """Who took which members out; rows are added and never changed."""

    __tablename__ = "member_export"

    id: uuid.UUID = Field(primary_key=True)
    segment_id: uuid.UUID = Field(foreign_key="segment.id")
    version: int = Field(sa_type=BigInteger)
    format: str
    attributes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    with_msisdn: bool
    branch: str
    members: int = Field(sa_type=BigInteger)
    exported_by: str
    exported_at: datetime = Field(sa_type=DateTime(timezone=True))


class EventRow(Row, table=True):
    """What a subscriber did."""

    __tablename__ = "event"

    id: int = Field(primary_key=True, sa_type=BigInteger)
    subscriber_id: int = Field(foreign_key="number.subscriber_id", sa_type=Integer)
    type: str
    at: datetime = Field(sa_type=DateTime(timezone=True))
    attributes: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class MeasureRow(Row, table=True):
    """What the columns of monthly usage mean; a type stands for ever."""

    __tablename__ = "measure"

    name: str = Field(primary_key=True)
    position: int
    type: str
    unit: str
    description: str


class UsageMonthRow(Row, table=True):
    """Which Parquet file holds the usage of a month; a later file for the month takes its place whole."""

    __tablename__ = "usage_month"

    month: date = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)
    file: str
    rows: int = Field(sa_type=BigInteger)
    snapshot_id: uuid.UUID = Field(foreign_key="snapshot.id")
    complete: bool
    as_of: date


class EventFileRow(Row, table=True):
    """A Parquet file of the events of one UTC day; a day has several, and none has an event of another."""

    __tablename__ = "event_file"

    file: str = Field(primary_key=True)
    day: date
    rows: int = Field(sa_type=BigInteger)
    snapshot_id: uuid.UUID | None = Field(default=None, foreign_key="snapshot.id")
