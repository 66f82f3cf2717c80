"""The table of the operator's own scripts as SQLModel sees it; rows never leave store."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Integer, Text
from sqlmodel import Field

from svc_channel.store.tables import ChannelTable, moment


class ScriptRow(ChannelTable, table=True):
    """A script as it was put, as JSON; what it says is a template."""

    __tablename__ = "script"
    __table_args__ = (CheckConstraint("version >= 1", name="script_version"),)

    code: str = Field(sa_column=Column(Text, primary_key=True))
    definition: str = Field(sa_column=Column(Text, nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()
