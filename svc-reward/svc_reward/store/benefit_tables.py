"""The tables of handset subsidies, gifts and members' discounts; the constraints say in the database what domain/ says in Python."""

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from svc_reward.domain.gift import MAX_GIFT, MAX_GIFTS_A_DAY
from svc_reward.domain.member_discount import MAX_PERCENT
from svc_reward.domain.subsidy import MAX_MONTHS, MAX_SPEND_FEN, MAX_SUBSIDY_FEN
from svc_reward.store.prize_tables import MAX_SUBSCRIBER_ID
from svc_reward.store.tables import RewardTable

_TIME = DateTime(timezone=True)
_SUBSCRIBER = f"BETWEEN 1 AND {MAX_SUBSCRIBER_ID}"
_TIERS = "('ordinary', 'premium')"


class SubsidyRow(RewardTable, table=True):
    """A handset subsidy and the spend agreement behind it; a subscriber has one at a time."""

    __tablename__ = "subsidy"
    __table_args__ = (
        CheckConstraint(f"subscriber_id {_SUBSCRIBER}", name="subscriber_id"),
        CheckConstraint(
            f"subsidy_fen BETWEEN 1 AND {MAX_SUBSIDY_FEN} AND monthly_spend_fen BETWEEN 1 AND {MAX_SPEND_FEN}"
            f" AND months BETWEEN 1 AND {MAX_MONTHS}",
            name="amounts",
        ),
        CheckConstraint("ends_at >= starts_at", name="ends"),
        CheckConstraint(
            "owed_fen BETWEEN 0 AND subsidy_fen AND (ended_by <> '') = (owed_fen > 0)"
            " AND (ended_by <> '') = (end_reason <> '')",
            name="owed",
        ),
        ExcludeConstraint(
            (text("int8range(subscriber_id, subscriber_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_subsidy_one_at_a_time",
            using="gist",
        ),
    )

    id: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    subscriber_id: int = Field(sa_type=BigInteger)
    campaign_id: str = Field(sa_type=Text)
    device: str = Field(sa_type=Text)
    subsidy_fen: int = Field(sa_type=BigInteger)
    monthly_spend_fen: int = Field(sa_type=BigInteger)
    months: int = Field(sa_type=Integer)
    starts_at: dt.datetime = Field(sa_column=Column(_TIME, nullable=False))
    ends_at: dt.datetime = Field(sa_column=Column(_TIME, nullable=False))
    owed_fen: int = Field(sa_type=BigInteger)
    ended_by: str = Field(sa_type=Text)
    end_reason: str = Field(sa_type=Text)


class GiftRow(RewardTable, table=True):
    """Points that a subscriber gave to a friend; never changed."""

    __tablename__ = "gift"
    __table_args__ = (
        CheckConstraint(f"giver_id {_SUBSCRIBER} AND friend_id {_SUBSCRIBER} AND giver_id <> friend_id", name="people"),
        CheckConstraint(f"amount BETWEEN 1 AND {MAX_GIFT}", name="amount"),
    )

    id: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    giver_id: int = Field(sa_type=BigInteger)
    friend_id: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    given_at: dt.datetime = Field(sa_column=Column(_TIME, nullable=False))


class GiftDayRow(RewardTable, table=True):
    """How many gifts somebody made in a day."""

    __tablename__ = "gift_day"
    __table_args__ = (CheckConstraint(f"gifts BETWEEN 1 AND {MAX_GIFTS_A_DAY}", name="gifts"),)

    giver_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    day: dt.date = Field(sa_column=Column(Date, primary_key=True))
    gifts: int = Field(sa_type=Integer)


class MemberDiscountRow(RewardTable, table=True):
    """What a partner gives members."""

    __tablename__ = "member_discount"
    __table_args__ = (
        CheckConstraint(f"percent_off BETWEEN 1 AND {MAX_PERCENT}", name="percent_off"),
        CheckConstraint(f"lowest_tier IN {_TIERS}", name="lowest_tier"),
        CheckConstraint("valid_to > valid_from", name="valid"),
        Index("ix_member_discount_merchant", "merchant"),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    merchant: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    percent_off: int = Field(sa_type=Integer)
    lowest_tier: str = Field(sa_type=Text)
    valid_from: dt.datetime = Field(sa_column=Column(_TIME, nullable=False))
    valid_to: dt.datetime = Field(sa_column=Column(_TIME, nullable=False))
    made_by: str = Field(sa_type=Text)


class MemberCodeRow(RewardTable, table=True):
    """A code that proves membership at a counter, once."""

    __tablename__ = "member_code"
    __table_args__ = (
        CheckConstraint(f"subscriber_id {_SUBSCRIBER}", name="subscriber_id"),
        CheckConstraint(f"tier IN {_TIERS}", name="tier"),
        CheckConstraint("(used_at IS NULL) = (discount IS NULL) AND (used_at IS NULL) = (merchant = '')", name="used"),
    )

    code: str = Field(sa_column=Column(Text, primary_key=True))
    subscriber_id: int = Field(sa_type=BigInteger)
    tier: str = Field(sa_type=Text)
    issued_at: dt.datetime = Field(sa_column=Column(_TIME, nullable=False))
    expires_at: dt.datetime = Field(sa_column=Column(_TIME, nullable=False))
    used_at: dt.datetime | None = Field(sa_column=Column(_TIME))
    merchant: str = Field(sa_type=Text)
    discount: int | None = Field(sa_column=Column(BigInteger, ForeignKey("member_discount.number")))
