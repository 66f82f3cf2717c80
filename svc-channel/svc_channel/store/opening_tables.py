"""The table of what a service platform is told as SQLModel sees it; rows never leave store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.store.tables import ChannelTable, moment


class OpeningRow(ChannelTable, table=True):
    """An activated order; ``due_at`` is when the platform is asked next, ``is_given_up`` that it is to be closed again."""

    __tablename__ = "service_opening"
    __table_args__ = (
        CheckConstraint("state IN ('opening', 'open', 'closing', 'closed', 'refused')", name="service_opening_state"),
        CheckConstraint("(state IN ('opening', 'closing')) = (due_at IS NOT NULL)", name="service_opening_due"),
        Index("service_opening_due", "due_at", postgresql_where=sql("due_at IS NOT NULL")),
    )

    order_id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    subscriber_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    service: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    is_given_up: bool = Field(default=False, sa_column_kwargs={"server_default": sql("false")})
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default=sql("0")))
    reference: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    changed_at: datetime = moment()
    due_at: datetime | None = moment(nullable=True)
