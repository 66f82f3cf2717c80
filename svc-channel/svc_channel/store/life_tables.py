"""The table of lives that ended, as SQLModel sees it; rows never leave store."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column
from sqlmodel import Field

from svc_channel.store.tables import LARGEST_SUBSCRIBER_ID, ChannelTable, moment


class EndedLifeRow(ChannelTable, table=True):
    """A subscriber whose life ended: nothing more is sent to that ordinal."""

    __tablename__ = "ended_life"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {LARGEST_SUBSCRIBER_ID}", name="ended_life_subscriber"),
    )

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    ended_at: datetime = moment()
