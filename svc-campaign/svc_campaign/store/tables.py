"""The tables of svc-campaign as SQLModel sees them; rows never leave store.

`member` holds a row for each subscriber of each campaign, twelve million and more: it has a primary key, one index for
links and no foreign key, whose check a row would cost more than the row.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class CampaignTable(SQLModel, registry=registry()):
    """What all tables of this service hang on; no other service shares its metadata."""

    metadata = MetaData()


def _texts() -> Any:
    """Makes a column that holds a short list of texts."""
    return Field(sa_column=Column(ARRAY(Text), nullable=False))


def _count() -> Any:
    """Makes a counter that starts at zero."""
    return Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))


def _texts_by_name() -> Any:
    """Makes a column that holds a few named texts."""
    return Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")))


class CampaignRow(CampaignTable, table=True):
    """A campaign with its plan; the counters are what followers booked so far, so that progress costs one row."""

    __tablename__ = "campaign"
    __table_args__ = (Index("campaign_newest", "created_at", "id"), Index("campaign_name", "name"))

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    branch: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    sender: str = Field(sa_type=Text)
    link_target: str = Field(sa_type=Text)
    window_days: int = Field(sa_type=Integer)
    response_events: list[str] = _texts()
    conversion_services: list[str] = _texts()
    reward_currency: str | None = Field(default=None, sa_type=Text)
    reward_points: int | None = Field(default=None, sa_type=BigInteger)
    reward_budget: int | None = Field(default=None, sa_type=BigInteger)
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    submitted_by: str = Field(sa_type=Text)
    approved_by: str = Field(sa_type=Text)
    rejection_reason: str = Field(sa_type=Text)
    launched_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    window_ends_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    problem: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    delivered: int = _count()
    failed: int = _count()
    in_doubt: int = _count()
    budget_percent: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))


class ArmRow(CampaignTable, table=True):
    """An arm and how far the launch has booked it: members up to `booked_up_to`, all of them once `booked`.

    An arm without a channel is told nothing at the launch.
    """

    __tablename__ = "arm"

    campaign_id: UUID = Field(sa_column=Column(ForeignKey("campaign.id"), primary_key=True))
    place: int = Field(primary_key=True, sa_type=SmallInteger)
    name: str = Field(sa_type=Text)
    segment_id: UUID
    segment_version: int | None = Field(default=None, sa_type=BigInteger)
    holdout: bool
    template: str | None = Field(default=None, sa_type=Text)
    channel: str | None = Field(default=None, sa_type=Text)
    content: dict[str, str] = _texts_by_name()
    push: dict[str, str] = _texts_by_name()
    fallback: str | None = Field(default=None, sa_type=Text)
    cell: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    booked_up_to: int = _count()
    booked: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class TriggerRow(CampaignTable, table=True):
    """A trigger of a plan; texts have an empty event, events an empty keyword and recipient."""

    __tablename__ = "campaign_trigger"

    campaign_id: UUID = Field(sa_column=Column(ForeignKey("campaign.id"), primary_key=True))
    place: int = Field(primary_key=True, sa_type=SmallInteger)
    name: str = Field(sa_type=Text)
    keyword: str = Field(sa_type=Text)
    recipient: str = Field(sa_type=Text)
    event: str = Field(sa_type=Text)
    attributes: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    template: str | None = Field(default=None, sa_type=Text)
    unless_services: list[str] = _texts()


class AnswerRow(CampaignTable, table=True):
    """A member who set a trigger off, once a trigger; due until the batch that carries the answer is booked."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_due", "triggered_at", postgresql_where=text("batch IS NULL")),)

    campaign_id: UUID = Field(primary_key=True)
    place: int = Field(primary_key=True, sa_type=SmallInteger)
    subscriber_id: int = Field(primary_key=True, sa_type=BigInteger)
    triggered_at: datetime = Field(sa_type=DateTime(timezone=True))
    cell: str = Field(sa_type=Text)
    batch: int | None = Field(default=None, sa_type=BigInteger)


class AnswerBatchRow(CampaignTable, table=True):
    """Answers booked in one transaction; `payload` is what svc-channel gets, kept until it has taken it."""

    __tablename__ = "answer_batch"
    __table_args__ = (
        Index("answer_batch_of", "campaign_id"),
        Index("answer_batch_open", "number", postgresql_where=text("handed_at IS NULL")),
    )

    number: int = Field(
        sa_column=Column(
            BigInteger, primary_key=True, autoincrement=False, server_default=text("nextval('answer_batch_number')")
        )
    )
    campaign_id: UUID = Field(sa_column=Column(ForeignKey("campaign.id"), nullable=False))
    place: int = Field(sa_type=SmallInteger)
    cell: str = Field(sa_type=Text)
    contacts: int = Field(sa_type=Integer)
    payload: bytes | None = Field(default=None, sa_type=LargeBinary)
    booked_at: datetime = Field(sa_type=DateTime(timezone=True))
    handed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class MemberRow(CampaignTable, table=True):
    """A subscriber in a campaign and what became of it."""

    __tablename__ = "member"
    __table_args__ = (
        Index("member_link_token", "link_token", unique=True, postgresql_where=text("link_token IS NOT NULL")),
    )

    campaign_id: UUID = Field(primary_key=True)
    subscriber_id: int = Field(primary_key=True, sa_type=BigInteger)
    link_token: int | None = Field(default=None, sa_type=BigInteger)
    responded_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    converted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revenue_fen: int = _count()
    arm: int = Field(sa_type=SmallInteger)
    contacted: bool
    in_doubt: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    rewarded: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    response_route: str | None = Field(default=None, sa_type=Text)
    delivery: str | None = Field(default=None, sa_type=Text)
    failure_reason: str | None = Field(default=None, sa_type=Text)


class LaunchBatchRow(CampaignTable, table=True):
    """Members booked in one transaction; `payload` is what svc-channel gets, kept until it has taken it."""

    __tablename__ = "launch_batch"

    campaign_id: UUID = Field(sa_column=Column(ForeignKey("campaign.id"), primary_key=True))
    number: int = Field(primary_key=True, sa_type=BigInteger)
    members: int = Field(sa_type=Integer)
    contacts: int = Field(sa_type=Integer)
    payload: bytes | None = Field(default=None, sa_type=LargeBinary)
    booked_at: datetime = Field(sa_type=DateTime(timezone=True))
    handed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    place: int | None = Field(default=None, sa_type=SmallInteger)


class EndedLifeRow(CampaignTable, table=True):
    """A subscriber whose life ended, and from when on nothing it does counts."""

    __tablename__ = "ended_life"

    subscriber_id: int = Field(primary_key=True, sa_type=BigInteger)
    ended_at: datetime = Field(sa_type=DateTime(timezone=True))


class BookedOrderRow(CampaignTable, table=True):
    """An order that counted in a campaign, so that telling it again adds nothing."""

    __tablename__ = "booked_order"

    order_id: str = Field(primary_key=True, sa_type=Text)
    campaign_id: UUID = Field(sa_column=Column(ForeignKey("campaign.id"), primary_key=True))
    subscriber_id: int = Field(sa_type=BigInteger)
    amount_fen: int = Field(sa_type=BigInteger)
    activated_at: datetime = Field(sa_type=DateTime(timezone=True))
