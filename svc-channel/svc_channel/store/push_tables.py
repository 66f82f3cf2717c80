"""The tables of renditions and of the app store's events as SQLModel sees them; rows never leave store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, SmallInteger, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.domain.mms.resources import RENDITION_LIMIT, SLOTS_LIMIT
from svc_channel.store.tables import ChannelTable, moment


class RenditionRow(ChannelTable, table=True):
    """One rendition of one slot of a resource; it is added and never changed."""

    __tablename__ = "rendition"
    __table_args__ = (
        CheckConstraint(f"slot BETWEEN 1 AND {SLOTS_LIMIT}", name="rendition_slot"),
        CheckConstraint(f"octet_length(octets) BETWEEN 1 AND {RENDITION_LIMIT}", name="rendition_size"),
        CheckConstraint("sha256 = sha256(octets)", name="rendition_sha256"),
    )

    resource: str = Field(sa_column=Column(Text, primary_key=True))
    slot: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    media_type: str = Field(sa_column=Column(Text, primary_key=True))
    sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_at: datetime = moment()


class MarketEventRow(ChannelTable, table=True):
    """One event that an app store told; its key and hash are what a replay is known by, ``batch`` what it is told under."""

    __tablename__ = "market_event"
    __table_args__ = (
        CheckConstraint("octet_length(content_hash) = 32", name="market_event_content_hash"),
        Index("market_event_untold", "received_at", postgresql_where=sql("told_at IS NULL")),
        Index("market_event_batch", "batch", postgresql_where=sql("told_at IS NULL")),
    )

    line: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    content_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    type: str = Field(sa_column=Column(Text, nullable=False))
    msisdn: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = moment()
    attributes: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    received_at: datetime = moment()
    batch: UUID | None = Field(sa_column=Column(PG_UUID, nullable=True))
    told_at: datetime | None = moment(nullable=True)
