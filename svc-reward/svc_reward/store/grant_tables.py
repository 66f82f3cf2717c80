"""The tables of grant rules, activities and grants; the triggers of migration 0006 say the rest.

The constraints say in the database what domain/ says in Python.
"""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    Text,
)
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from svc_reward.domain.activity import ActivityKind
from svc_reward.domain.reward_grant import GrantState
from svc_reward.store.tables import RewardTable

_TIME = DateTime(timezone=True)


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class GrantRuleRow(RewardTable, table=True):
    """A dated rule with the people behind it; the terms are one document."""

    __tablename__ = "grant_rule"
    __table_args__ = (
        _one_of("trigger", ActivityKind),
        CheckConstraint(
            "made_by <> '' AND (approved_by IS NULL) = (approved_at IS NULL)"
            " AND approved_by <> '' AND approved_by <> made_by",
            name="four_eyes",
        ),
        CheckConstraint("(ended_by IS NULL) = (ended_at IS NULL) AND ended_by <> ''", name="ended"),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    trigger: str = Field(sa_type=Text)
    terms: str = Field(sa_column=Column(JSONB, nullable=False))
    made_by: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    approved_by: str | None = Field(sa_type=Text)
    approved_at: datetime | None = Field(sa_column=Column(_TIME))
    ended_by: str | None = Field(sa_type=Text)
    ended_at: datetime | None = Field(sa_column=Column(_TIME))


class GrantRuleUseRow(RewardTable, table=True):
    """How many shares a rule has granted; a trigger keeps it."""

    __tablename__ = "grant_rule_use"
    __table_args__ = (CheckConstraint("shares >= 0", name="shares"),)

    rule: int = Field(sa_column=Column(BigInteger, ForeignKey("grant_rule.number"), primary_key=True))
    shares: int = Field(sa_type=BigInteger)


class RewardActivityRow(RewardTable, table=True):
    """An order or an event under its source."""

    __tablename__ = "reward_activity"
    __table_args__ = (
        _one_of("kind", ActivityKind),
        CheckConstraint("amount_fen >= 0 AND quantity >= 1", name="amounts"),
    )

    source: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_type=Text)
    subscriber_id: int = Field(sa_type=BigInteger)
    type: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    amount_fen: int = Field(sa_type=BigInteger)
    quantity: int = Field(sa_type=BigInteger)
    order_id: str = Field(sa_type=Text)
    staff_id: str = Field(sa_type=Text)
    seller_id: str = Field(sa_type=Text)
    occurred_at: datetime = Field(sa_column=Column(_TIME, nullable=False))


class GrowthRunRow(RewardTable, table=True):
    """How far a rule for growth has gone through the accounts, for the period that began then."""

    __tablename__ = "growth_run"

    rule: int = Field(sa_column=Column(BigInteger, ForeignKey("grant_rule.number"), primary_key=True))
    began_at: datetime = Field(sa_column=Column(_TIME, primary_key=True))
    account: int = Field(sa_type=BigInteger)
    finished: bool = Field(sa_type=Boolean)


class OrderEndRow(RewardTable, table=True):
    """The first moment at which an order was told to have ended, also before the order was told."""

    __tablename__ = "order_end"

    order_id: str = Field(sa_column=Column(Text, primary_key=True))
    ended_at: datetime = Field(sa_column=Column(_TIME, nullable=False))


class RewardGrantRow(RewardTable, table=True):
    """What somebody was granted; a partial index keeps what is granted once unique."""

    __tablename__ = "reward_grant"
    __table_args__ = (
        CheckConstraint("owner_kind IN ('subscriber', 'staff', 'outlet', 'affiliate', 'partner')", name="owner_kind"),
        _one_of("state", GrantState),
        CheckConstraint("shares >= 1", name="shares"),
        CheckConstraint("chosen BETWEEN 0 AND jsonb_array_length(rewards) - 1", name="chosen"),
        CheckConstraint("(state = 'offered') <= (chosen IS NULL AND choose_by IS NOT NULL)", name="open"),
        CheckConstraint("(state IN ('given', 'reversed')) <= (chosen IS NOT NULL)", name="given"),
        CheckConstraint("(state = 'refused') <= (reason <> '')", name="refused"),
    )

    id: uuid.UUID = Field(sa_column=Column(UuidType, primary_key=True))
    rule: int | None = Field(sa_column=Column(BigInteger, ForeignKey("grant_rule.number")))
    source: str = Field(sa_type=Text)
    part: int = Field(sa_type=SmallInteger)
    owner_kind: str = Field(sa_type=Text)
    owner: str = Field(sa_type=Text)
    order_id: str = Field(sa_type=Text)
    occurred_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    once: bool = Field(sa_type=Boolean)
    shares: int = Field(sa_type=BigInteger)
    rewards: str = Field(sa_column=Column(JSONB, nullable=False))
    default_choice: int = Field(sa_type=SmallInteger)
    choose_days: int = Field(sa_type=Integer)
    choose_by: datetime | None = Field(sa_column=Column(_TIME))
    chosen: int | None = Field(sa_type=SmallInteger)
    state: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
