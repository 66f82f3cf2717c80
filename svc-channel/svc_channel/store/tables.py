"""The tables of svc-channel as SQLModel sees them; rows never leave store.

The hot statements beside this file are SQL over arrays: they touch thousands of rows a second, and no session fits that.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, ENUM, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from svc_channel.domain.channel import DEFAULT_ROUTE, Channel, MessageClass
from svc_channel.domain.inbound import InboundState
from svc_channel.domain.message import MessageState, PartState
from svc_channel.domain.outgoing import PARTS_LIMIT

METADATA = MetaData()

# Subscriber ids are dense 32-bit ordinals, which PostgreSQL's signed integer can't hold.
LARGEST_SUBSCRIBER_ID = 2**32 - 1


class ChannelTable(SQLModel, registry=registry(metadata=METADATA)):
    """What all tables of this service hang on; no other service shares its metadata."""


def enum_of(name: str, states: type[StrEnum]) -> ENUM:
    """A PostgreSQL enum in the order of declaration, so max() of part states is the worst of them."""
    return ENUM(*[state.value for state in states], name=name, create_type=False, metadata=METADATA)


def moment(*, nullable: bool = False) -> Any:
    """A column of a moment, which PostgreSQL keeps with its zone."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class BatchRow(ChannelTable, table=True):
    """One batch taken from a caller; its key and content hash are what a replay is known by."""

    __tablename__ = "batch"
    __table_args__ = (CheckConstraint("octet_length(content_hash) = 32", name="batch_content_hash"),)

    campaign_id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sender: str = Field(sa_column=Column(Text, nullable=False))
    content_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    accepted: int = Field(sa_column=Column(BigInteger, nullable=False))
    traceparent: str = Field(sa_column=Column(Text, nullable=False))
    taken_at: datetime = moment()


class MessageRow(ChannelTable, table=True):
    """One message to one subscriber.

    The state stands in no index, so the later updates of a message stay in its page (HOT); only ``due_at`` does.
    No foreign key to batch: both are written by one transaction, and 5,000 checks a COPY would say nothing more.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {LARGEST_SUBSCRIBER_ID}", name="message_subscriber_id"),
        CheckConstraint(f"parts BETWEEN 0 AND {PARTS_LIMIT}", name="message_parts"),
        CheckConstraint("(state = 'queued') = (due_at IS NOT NULL)", name="message_due_while_queued"),
        CheckConstraint("(state IN ('delivered', 'failed')) = (ended_at IS NOT NULL)", name="message_ended"),
        CheckConstraint("(state = 'failed') = (reason <> '')", name="message_failed_for_a_reason"),
        CheckConstraint("attempts >= 0 AND resends >= 0", name="message_counts"),
        Index("message_due", "route", "class", "due_at", "id", postgresql_where=sql("due_at IS NOT NULL")),
        Index("message_campaign", "campaign_id"),
        Index("message_subscriber", "subscriber_id", "id"),
        {"postgresql_with": {"fillfactor": 60}},
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    campaign_id: UUID = Field(sa_column=Column(PG_UUID, nullable=False))
    batch: int = Field(sa_column=Column(BigInteger, nullable=False))
    subscriber_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    msisdn: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    parts: int = Field(sa_column=Column(SmallInteger, nullable=False))
    state: str = Field(sa_column=Column(enum_of("message_state", MessageState), nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    attempts: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default=sql("0")))
    resends: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default=sql("0")))
    due_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    channel: str = Field(
        sa_column=Column(enum_of("message_channel", Channel), nullable=False, server_default=Channel.SMS)
    )
    message_class: str = Field(
        sa_column=Column(
            "class", enum_of("message_class", MessageClass), nullable=False, server_default=MessageClass.MARKETING
        )
    )
    route: str = Field(sa_column=Column(Text, nullable=False, server_default=DEFAULT_ROUTE))
    expires_at: datetime | None = moment(nullable=True)
    cell: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    content: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True))
    category: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    fallback: str | None = Field(sa_column=Column(JSONB, nullable=True))
    step: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default=sql("0")))


class PartRow(ChannelTable, table=True):
    """One part that the SMSC answered; a part without a row is not answered yet.

    No foreign key: whoever writes a part locks its message, and whoever moves a message away takes its parts along.
    """

    __tablename__ = "message_part"
    __table_args__ = (
        CheckConstraint(f"part BETWEEN 1 AND {PARTS_LIMIT}", name="message_part_number"),
        CheckConstraint("(state = 'refused') = (smsc_id IS NULL)", name="message_part_smsc_id"),
        Index("message_part_smsc_id", "smsc_id"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    message_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    part: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    state: str = Field(sa_column=Column(enum_of("part_state", PartState), nullable=False))
    smsc_id: str | None = Field(sa_column=Column(Text, nullable=True))
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    answered_at: datetime = moment()
    line: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))


class ClaimRow(ChannelTable, table=True):
    """Messages one sender took; it stands until all are answered, so what a dead sender held can be told."""

    __tablename__ = "claim"

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    owner: UUID = Field(sa_column=Column(PG_UUID, nullable=False))
    message_ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    claimed_at: datetime = moment()
    line: str = Field(sa_column=Column(Text, nullable=False, server_default="smsc"))


class DoubtRow(ChannelTable, table=True):
    """A message in doubt, by destination: only an orphan receipt from there can prove it accepted."""

    __tablename__ = "doubt"
    __table_args__ = (Index("doubt_msisdn", "msisdn"),)

    message_id: int = Field(sa_column=Column(BigInteger, ForeignKey("message.id"), primary_key=True))
    msisdn: str = Field(sa_column=Column(Text, nullable=False))
    claimed_at: datetime = moment()
    since: datetime = moment()
    line: str = Field(sa_column=Column(Text, nullable=False, server_default="smsc"))


class OrphanRow(ChannelTable, table=True):
    """A receipt of an SMSC id that no part has (yet)."""

    __tablename__ = "orphan_receipt"
    __table_args__ = (Index("orphan_receipt_msisdn", "msisdn"),)

    smsc_id: str = Field(sa_column=Column(Text, primary_key=True))
    msisdn: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_column=Column(enum_of("part_state", PartState), nullable=False))
    received_at: datetime = moment()


class InboundRow(ChannelTable, table=True):
    """One message that a subscriber sent us."""

    __tablename__ = "inbound"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {LARGEST_SUBSCRIBER_ID}", name="inbound_subscriber_id"),
        CheckConstraint("(state = 'resolved') = (subscriber_id IS NOT NULL)", name="inbound_resolved"),
        Index("inbound_unresolved", "received_at", "id", postgresql_where=sql("state = 'received'")),
    )

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    sender: str = Field(sa_column=Column(Text, nullable=False))
    recipient: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(enum_of("inbound_state", InboundState), nullable=False))
    subscriber_id: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    received_at: datetime = moment()
    keyword: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))


class InboundPartRow(ChannelTable, table=True):
    """One part of a long inbound message that waits for the others."""

    __tablename__ = "inbound_part"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND total", name="inbound_part_number"),
        UniqueConstraint("sender", "recipient", "reference", "total", "number", name="inbound_part_place"),
        Index("inbound_part_received", "received_at"),
    )

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    sender: str = Field(sa_column=Column(Text, nullable=False))
    recipient: str = Field(sa_column=Column(Text, nullable=False))
    reference: int = Field(sa_column=Column(Integer, nullable=False))
    total: int = Field(sa_column=Column(SmallInteger, nullable=False))
    number: int = Field(sa_column=Column(SmallInteger, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    received_at: datetime = moment()


def table_of(row: type[ChannelTable]) -> Table:
    """The Core table under a row class, for statements that need no ORM."""
    return METADATA.tables[str(row.__tablename__)]
