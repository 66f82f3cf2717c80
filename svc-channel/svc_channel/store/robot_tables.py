"""The tables of robots, their talk, hand-overs and the knowledge base as SQLModel sees them; rows never leave store."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.store.tables import ChannelTable, moment


class RobotRow(ChannelTable, table=True):
    """One robot."""

    __tablename__ = "robot"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    city: str = Field(sa_column=Column(Text, nullable=False))
    menu: str = Field(sa_column=Column(Text, nullable=False))
    supplier: str = Field(sa_column=Column(Text, nullable=False))
    enabled: bool = Field(sa_column=Column(Boolean, nullable=False))
    activities: str = Field(sa_column=Column(Text, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()
    seen_at: datetime | None = moment(nullable=True)


class RobotCityRow(ChannelTable, table=True):
    """A city that must have a robot."""

    __tablename__ = "robot_city"

    name: str = Field(sa_column=Column(Text, primary_key=True))


class InteractionRow(ChannelTable, table=True):
    """One message to a robot and its answer, kept so that a repetition has the same."""

    __tablename__ = "interaction"
    __table_args__ = (Index("interaction_at", "at", postgresql_using="brin"),)

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    peer: str = Field(sa_column=Column(Text, primary_key=True))
    turn: str = Field(sa_column=Column(Text, primary_key=True))
    text: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    reply: str = Field(sa_column=Column(Text, nullable=False))
    handover_id: UUID | None = Field(default=None, sa_column=Column(PG_UUID, nullable=True))
    at: datetime = moment()


class InteractionCountRow(ChannelTable, table=True):
    """So many of a day's messages were such and answered so: what reports add up."""

    __tablename__ = "interaction_count"
    __table_args__ = (CheckConstraint("count > 0", name="interaction_count_positive"),)

    day: date = Field(sa_column=Column(Date, primary_key=True))
    robot: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    remark: str = Field(sa_column=Column(Text, primary_key=True))
    product: str = Field(sa_column=Column(Text, primary_key=True))
    count: int = Field(sa_column=Column(BigInteger, nullable=False))


class HandoverRow(ChannelTable, table=True):
    """A question that waits for a person, or was answered by one."""

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answer = '')", name="handover_answered"),
        Index("handover_open", "asked_at", "id", postgresql_where=sql("answered_at IS NULL")),
        Index("handover_done", "answered_at", "id", postgresql_where=sql("answered_at IS NOT NULL")),
    )

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    peer: str = Field(sa_column=Column(Text, nullable=False))
    question: str = Field(sa_column=Column(Text, nullable=False))
    asked_at: datetime = moment()
    answer: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    answered_by: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    answered_at: datetime | None = moment(nullable=True)


class KnowledgeRow(ChannelTable, table=True):
    """One entry of the knowledge base; a retired one answers nothing and stays for who asks what was said."""

    __tablename__ = "knowledge_entry"
    __table_args__ = (
        CheckConstraint("audience IN ('subscriber', 'staff')", name="knowledge_audience"),
        Index("knowledge_changed", "changed_at"),
    )

    id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    audience: str = Field(sa_column=Column(Text, nullable=False))
    question: str = Field(sa_column=Column(Text, nullable=False))
    variants: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    answer: str = Field(sa_column=Column(Text, nullable=False))
    retired: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=sql("false")))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()
