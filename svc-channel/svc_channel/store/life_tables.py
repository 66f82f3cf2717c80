"""The table of lives that ended, as SQLModel sees it; rows never leave store."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime
from sqlmodel import Field

from svc_channel.store.tables import ChannelTable


class EndedLifeRow(ChannelTable, table=True):
    """A subscriber whose life ended: nothing more is sent to that ordinal."""

    __tablename__ = "ended_life"
    __table_args__ = (CheckConstraint("subscriber_id BETWEEN 1 AND 4294967295", name="ended_life_subscriber"),)

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    ended_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
