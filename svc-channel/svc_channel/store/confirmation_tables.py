"""The table of orders that customers are asked about as SQLModel sees it; rows never leave store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.store.tables import ChannelTable, moment


class ConfirmationRow(ChannelTable, table=True):
    """One order; ``due_at`` is when it is looked at next."""

    __tablename__ = "order_confirmation"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'asked', 'answered', 'ended')", name="order_confirmation_state"),
        CheckConstraint("(state IN ('waiting', 'answered')) = (due_at IS NOT NULL)", name="order_confirmation_due"),
        CheckConstraint("state = 'ended' OR reason = ''", name="order_confirmation_reason"),
        Index("order_confirmation_due", "due_at", postgresql_where=sql("due_at IS NOT NULL")),
        Index("order_confirmation_asked", "subscriber_id", postgresql_where=sql("state = 'asked'")),
    )

    order_id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    subscriber_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    service: str = Field(sa_column=Column(Text, nullable=False))
    placed_at: datetime = moment()
    state: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    asked_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    due_at: datetime | None = moment(nullable=True)
