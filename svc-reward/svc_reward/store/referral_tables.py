"""The tables of referrals and of who used what; the triggers of migration 0007 say the rest.

The constraints say in the database what domain/ says in Python.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from svc_reward.domain.referral import MAX_HINT_LENGTH, ReferralState
from svc_reward.domain.referral_code import CODE_PATTERN
from svc_reward.domain.referral_programme import (
    MAX_EVENT_TYPES,
    MAX_FRIENDS,
    MAX_LATE_DAYS,
    MAX_SERVICES,
    MAX_WINDOW_DAYS,
)
from svc_reward.store.prize_tables import MAX_SUBSCRIBER_ID
from svc_reward.store.tables import RewardTable

_TIME = DateTime(timezone=True)


def _subscriber(column: str = "subscriber_id") -> str:
    return f"{column} BETWEEN 1 AND {MAX_SUBSCRIBER_ID}"


class ServiceUseRow(RewardTable, table=True):
    """One subscription, of which the end may be known before the beginning."""

    __tablename__ = "service_use"
    __table_args__ = (
        CheckConstraint(_subscriber(), name="subscriber_id"),
        CheckConstraint("started_at IS NOT NULL OR ended_at IS NOT NULL", name="known"),
        Index("ix_service_use_service", "service", "subscriber_id"),
        Index(
            "uq_service_use_running",
            "subscriber_id",
            "service",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    order_id: str = Field(sa_column=Column(Text, primary_key=True))
    subscriber_id: int = Field(sa_type=BigInteger)
    service: str = Field(sa_type=Text)
    started_at: datetime | None = Field(sa_column=Column(_TIME))
    ended_at: datetime | None = Field(sa_column=Column(_TIME))


class FirstEventRow(RewardTable, table=True):
    """When an event that some programme asks for first came."""

    __tablename__ = "first_event"
    __table_args__ = (CheckConstraint(_subscriber(), name="subscriber_id"),)

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    type: str = Field(sa_column=Column(Text, primary_key=True))
    first_at: datetime = Field(sa_column=Column(_TIME, nullable=False))


class ReferralProgrammeRow(RewardTable, table=True):
    """A dated programme."""

    __tablename__ = "referral_programme"
    __table_args__ = (
        CheckConstraint(f"cardinality(services) BETWEEN 1 AND {MAX_SERVICES}", name="services"),
        CheckConstraint(
            f"cardinality(event_types) <= {MAX_EVENT_TYPES} AND (needs_activation OR cardinality(event_types) > 0)",
            name="asks",
        ),
        CheckConstraint("valid_to > valid_from", name="valid"),
        CheckConstraint(
            f"window_days BETWEEN 1 AND {MAX_WINDOW_DAYS} AND late_days BETWEEN 0 AND {MAX_LATE_DAYS}", name="days"
        ),
        CheckConstraint(f"max_friends BETWEEN 1 AND {MAX_FRIENDS}", name="max_friends"),
        CheckConstraint("referrer_offer IS NOT NULL OR draw_id IS NOT NULL", name="earns"),
        CheckConstraint(
            "made_by <> '' AND (approved_by IS NULL) = (approved_at IS NULL)"
            " AND approved_by <> '' AND approved_by <> made_by",
            name="four_eyes",
        ),
        CheckConstraint(
            "(ended_by IS NULL) = (ended_at IS NULL) AND ended_by <> ''"
            " AND (ended_by IS NULL OR approved_by IS NOT NULL)",
            name="ended",
        ),
        Index("ix_referral_programme_services", "services", postgresql_using="gin"),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    name: str = Field(sa_type=Text)
    campaign_id: str = Field(sa_type=Text)
    services: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    needs_activation: bool = Field(sa_type=Boolean)
    event_types: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    user_attribute: str = Field(sa_type=Text)
    referrer_must_use: bool = Field(sa_type=Boolean)
    valid_from: datetime = Field(sa_column=Column(_TIME, nullable=False))
    valid_to: datetime | None = Field(sa_column=Column(_TIME))
    window_days: int = Field(sa_type=Integer)
    late_days: int = Field(sa_type=Integer)
    max_friends: int = Field(sa_type=Integer)
    referrer_offer: Any = Field(sa_column=Column(JSONB))
    friend_offer: Any = Field(sa_column=Column(JSONB))
    draw_id: uuid.UUID | None = Field(sa_column=Column(Uuid, ForeignKey("draw.id")))
    made_by: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    approved_by: str | None = Field(sa_type=Text)
    approved_at: datetime | None = Field(sa_column=Column(_TIME))
    ended_by: str | None = Field(sa_type=Text)
    ended_at: datetime | None = Field(sa_column=Column(_TIME))


class ReferralCodeRow(RewardTable, table=True):
    """The code that a subscriber gives out in a programme."""

    __tablename__ = "referral_code"
    __table_args__ = (
        UniqueConstraint("programme", "subscriber_id"),
        CheckConstraint(f"code ~ '{CODE_PATTERN}'", name="code"),
        CheckConstraint(_subscriber(), name="subscriber_id"),
    )

    code: str = Field(sa_column=Column(Text, primary_key=True))
    programme: int = Field(sa_column=Column(BigInteger, ForeignKey("referral_programme.number"), nullable=False))
    subscriber_id: int = Field(sa_type=BigInteger)
    issued_at: datetime = Field(sa_column=Column(_TIME, nullable=False))


class ReferralRow(RewardTable, table=True):
    """One friend recommended by one referrer; of the standing ones a friend has one a programme."""

    __tablename__ = "referral"
    __table_args__ = (
        CheckConstraint(
            f"{_subscriber('referrer_id')} AND {_subscriber('friend_id')} AND referrer_id <> friend_id", name="people"
        ),
        CheckConstraint(f"length(friend_hint) <= {MAX_HINT_LENGTH}", name="friend_hint"),
        CheckConstraint("counts_from <= recommended_at AND counts_until > recommended_at", name="counts"),
        CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in ReferralState)})", name="state"),
        CheckConstraint(
            "(state = 'completed') = (completed_at IS NOT NULL)"
            " AND (state = 'completed' OR (lucky_code = '' AND entry = ''))",
            name="completed",
        ),
        Index(
            "uq_referral_friend",
            "programme",
            "friend_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'completed')"),
        ),
        Index("ix_referral_open_friend", "friend_id", postgresql_where=text("state = 'open'")),
        Index("ix_referral_referrer", "referrer_id", "number"),
        Index("ix_referral_open_referrer", "referrer_id", postgresql_where=text("state = 'open'")),
        Index("uq_referral_lucky_code", "lucky_code", unique=True, postgresql_where=text("lucky_code <> ''")),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    programme: int = Field(sa_column=Column(BigInteger, ForeignKey("referral_programme.number"), nullable=False))
    referrer_id: int = Field(sa_type=BigInteger)
    friend_id: int = Field(sa_type=BigInteger)
    friend_hint: str = Field(sa_type=Text)
    recommended_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    counts_from: datetime = Field(sa_column=Column(_TIME, nullable=False))
    counts_until: datetime = Field(sa_column=Column(_TIME, nullable=False))
    state: str = Field(sa_type=Text)
    completed_at: datetime | None = Field(sa_column=Column(_TIME))
    lucky_code: str = Field(sa_type=Text)
    entry: str = Field(sa_type=Text)


class EndedLifeRow(RewardTable, table=True):
    """A subscriber whose life ended: from then on it earns nothing."""

    __tablename__ = "ended_life"
    __table_args__ = (CheckConstraint(_subscriber(), name="subscriber_id"),)

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    ended_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
