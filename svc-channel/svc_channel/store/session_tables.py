"""The tables of sessions and menus as SQLModel sees them; rows never leave store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.store.tables import ChannelTable, moment


class SessionRow(ChannelTable, table=True):
    """One session of one peer; every turn rewrites it in its page (HOT), since nothing that changes is in an index."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("version >= 1", name="session_version"),
        CheckConstraint("live_until <= kept_until", name="session_times"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    channel: str = Field(sa_column=Column(Text, primary_key=True))
    peer: str = Field(sa_column=Column(Text, primary_key=True))
    number: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(sa_column=Column(PG_UUID, nullable=False))
    menu: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_turn: str = Field(sa_column=Column(Text, nullable=False))
    screen: str = Field(sa_column=Column(Text, nullable=False))
    ended: bool = Field(sa_column=Column(Boolean, nullable=False))
    live_until: datetime = moment()
    kept_until: datetime = moment()


class MenuRow(ChannelTable, table=True):
    """One menu of the operator's own; it stands before a shipped one of the same name."""

    __tablename__ = "menu"
    __table_args__ = (CheckConstraint("version >= 1", name="menu_version"),)

    name: str = Field(sa_column=Column(Text, primary_key=True))
    definition: str = Field(sa_column=Column(Text, nullable=False))
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()
