"""The tables of the hotline as SQLModel sees them; rows never leave store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.store.tables import ChannelTable, moment


class ToneRow(ChannelTable, table=True):
    """One entry of a directory; ``branch`` is empty for the province's."""

    __tablename__ = "directory_tone"

    branch: str = Field(sa_column=Column(Text, primary_key=True))
    short_code: str = Field(sa_column=Column(Text, primary_key=True))
    place: int = Field(sa_column=Column(SmallInteger, nullable=False))
    tone: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))


class OutCallRow(ChannelTable, table=True):
    """A call that plays a tone; ``due_at`` is when it is to be handed over (again)."""

    __tablename__ = "out_call"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'placed', 'refused')", name="out_call_state"),
        CheckConstraint("(state = 'pending') = (due_at IS NOT NULL)", name="out_call_due"),
        CheckConstraint("(state = 'refused') = (reason <> '')", name="out_call_reason"),
        Index("out_call_due", "due_at", postgresql_where=sql("due_at IS NOT NULL")),
    )

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    msisdn: str = Field(sa_column=Column(Text, nullable=False))
    tone: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    attempts: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default=sql("0")))
    requested_at: datetime = moment()
    due_at: datetime | None = moment(nullable=True)


class AuditionTapRow(ChannelTable, table=True):
    """A tap on an audition link that led to a call."""

    __tablename__ = "audition_tap"

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tone: str = Field(sa_column=Column(Text, primary_key=True))
    tapped_at: datetime = moment()


class AfterCallRow(ChannelTable, table=True):
    """An SMS that is owed to somebody who hung up, once a session."""

    __tablename__ = "after_call"

    session_id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    msisdn: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    is_sent: bool = Field(default=False, sa_column_kwargs={"server_default": sql("false")})
    hung_up_at: datetime = moment()
