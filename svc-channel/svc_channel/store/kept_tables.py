"""The tables of messages that have ended, as SQLModel sees them; rows never leave store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.domain.channel import Channel, MessageClass
from svc_channel.domain.message import MessageState
from svc_channel.store.tables import LARGEST_SUBSCRIBER_ID, ChannelTable, enum_of, moment


class KeptMessageRow(ChannelTable, table=True):
    """What is kept of a message that ended, in the partition of its campaign: at most 200 octets.

    The last five columns are filled for messages outside campaigns alone: whoever sent one may ask what it said.
    """

    __tablename__ = "kept_message"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {LARGEST_SUBSCRIBER_ID}", name="kept_message_subscriber_id"),
        CheckConstraint("state IN ('delivered', 'failed')", name="kept_message_ended"),
        CheckConstraint("(state = 'failed') = (reason <> '')", name="kept_message_failed_for_a_reason"),
        Index("kept_message_subscriber", "subscriber_id", "id"),
        {"postgresql_partition_by": "LIST (campaign_id)"},
    )

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    batch: int = Field(sa_column=Column(BigInteger, nullable=False))
    subscriber_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    ended_at: datetime = moment()
    campaign_id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    state: str = Field(sa_column=Column(enum_of("message_state", MessageState), nullable=False))
    channel: str = Field(sa_column=Column(enum_of("message_channel", Channel), nullable=False))
    message_class: str = Field(sa_column=Column("class", enum_of("message_class", MessageClass), nullable=False))
    parts: int = Field(sa_column=Column(SmallInteger, nullable=False))
    attempts: int = Field(sa_column=Column(SmallInteger, nullable=False))
    resends: int = Field(sa_column=Column(SmallInteger, nullable=False))
    step: int = Field(sa_column=Column(SmallInteger, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    # Hashes of the ids under which its parts were accepted: enough to know a receipt that comes late.
    smsc_ids: list[int] | None = Field(sa_column=Column(ARRAY(Integer), nullable=True))
    failed_steps: str | None = Field(sa_column=Column(JSONB, nullable=True))
    category: str | None = Field(sa_column=Column(Text, nullable=True))
    text: str | None = Field(sa_column=Column(Text, nullable=True))
    content: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True))
    fallback: str | None = Field(sa_column=Column(JSONB, nullable=True))
    expires_at: datetime | None = moment(nullable=True)


class KeptCampaignRow(ChannelTable, table=True):
    """A campaign that has a partition: its latest message by id, and when the last of those there ended."""

    __tablename__ = "kept_campaign"

    campaign_id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    last_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_ended_at: datetime = moment()
