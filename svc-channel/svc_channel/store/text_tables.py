"""The tables of texts that are answered as SQLModel sees them; rows never leave store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field

from svc_channel.store.tables import LARGEST_SUBSCRIBER_ID, ChannelTable, moment


class TextDeskRow(ChannelTable, table=True):
    """A number at which texts are answered."""

    __tablename__ = "text_desk"
    __table_args__ = (
        CheckConstraint(
            "(menu = '' OR robot = '') AND (menu <> '' OR robot <> '' OR for_staff)", name="text_desk_answers"
        ),
    )

    recipient: str = Field(sa_column=Column(Text, primary_key=True))
    menu: str = Field(sa_column=Column(Text, nullable=False))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    for_staff: bool = Field(sa_column=Column(Boolean, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()


class StaffNumberRow(ChannelTable, table=True):
    """A number of the staff, by whose it is."""

    __tablename__ = "staff_number"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {LARGEST_SUBSCRIBER_ID}", name="staff_number_subscriber"),
        Index("staff_number_msisdn", "msisdn"),
    )

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    msisdn: str = Field(sa_column=Column(Text, nullable=False))
    staff_id: str = Field(sa_column=Column(Text, nullable=False))
    role: str = Field(sa_column=Column(Text, nullable=False))
    branch: str = Field(sa_column=Column(Text, nullable=False))
    changed_by: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = moment()


class TextExchangeRow(ChannelTable, table=True):
    """A text to one of those numbers, what became of it, and what is left of its answer."""

    __tablename__ = "text_exchange"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('', 'answered', 'repeated', 'held', 'dropped')",
            name="text_exchange_outcome",
        ),
        CheckConstraint("(outcome = '') = (answered_at IS NULL)", name="text_exchange_answered"),
        CheckConstraint("(outcome = 'answered') = (reply_id IS NOT NULL)", name="text_exchange_reply"),
        Index("text_exchange_open", "sender", "received_at", "inbound_id", postgresql_where=sql("answered_at IS NULL")),
        Index("text_exchange_peer", "sender", "recipient", "received_at"),
        Index("text_exchange_received", "received_at", postgresql_using="brin"),
    )

    inbound_id: UUID = Field(sa_column=Column(PG_UUID, primary_key=True))
    subscriber_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    sender: str = Field(sa_column=Column(Text, nullable=False))
    recipient: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    received_at: datetime = moment()
    taken_until: datetime = moment()
    outcome: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
    answered_at: datetime | None = moment(nullable=True)
    reply_id: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    rest: str = Field(sa_column=Column(Text, nullable=False, server_default=sql("''")))
