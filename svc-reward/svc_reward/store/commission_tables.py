"""The tables of affiliates, policies, events, lines and settlement runs; the triggers of migration 0005 say the rest.

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
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field

from svc_reward.domain.affiliate import MAX_NAME_LENGTH, AffiliateKind
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_policy import MAX_HOLDING_DAYS, MAX_TIERS
from svc_reward.domain.settlement import SettlementState
from svc_reward.store.tables import RewardTable

_TIME = DateTime(timezone=True)


def _one_of(column: str, values: type[AffiliateKind | CommissionKind | SettlementState]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class TransactionId(UserDefinedType[Any]):
    """PostgreSQL's xid8: the order in which transactions began."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name in SQL."""
        return "xid8"


class AffiliateRow(RewardTable, table=True):
    """One who earns commission. Its row lock orders all pricing of its events."""

    __tablename__ = "affiliate"
    __table_args__ = (
        CheckConstraint("id ~ '^[A-Za-z0-9._-]{1,64}$'", name="id"),
        _one_of("kind", AffiliateKind),
        CheckConstraint(f"length(name) BETWEEN 1 AND {MAX_NAME_LENGTH}", name="name"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    branch: str = Field(sa_type=Text)
    registered_by: str = Field(sa_type=Text)
    registered_at: datetime = Field(sa_column=Column(_TIME, nullable=False))


class AffiliateLinkRow(RewardTable, table=True):
    """A link whose clicks are booked."""

    __tablename__ = "affiliate_link"

    token: str = Field(sa_column=Column(Text, primary_key=True))
    affiliate_id: str = Field(sa_column=Column(Text, ForeignKey("affiliate.id"), nullable=False))
    service: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_column=Column(_TIME, nullable=False))


class CommissionPolicyRow(RewardTable, table=True):
    """A dated policy; the tiers' four numbers stand in four arrays of one length."""

    __tablename__ = "commission_policy"
    __table_args__ = (
        _one_of("affiliate_kind", AffiliateKind),
        _one_of("commission_kind", CommissionKind),
        CheckConstraint("valid_to > valid_from", name="valid"),
        CheckConstraint(
            f"cardinality(volume_from) BETWEEN 1 AND {MAX_TIERS} AND cardinality(use_months) = cardinality(volume_from)"
            " AND cardinality(flat_fen) = cardinality(volume_from)"
            " AND cardinality(share_myriad) = cardinality(volume_from)",
            name="tiers",
        ),
        CheckConstraint("monthly_cap_fen >= 0", name="cap"),
        CheckConstraint(f"holding_days BETWEEN 0 AND {MAX_HOLDING_DAYS}", name="holding"),
        CheckConstraint(
            "made_by <> '' AND (approved_by IS NULL) = (approved_at IS NULL)"
            " AND approved_by <> '' AND approved_by <> made_by",
            name="four_eyes",
        ),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    affiliate_kind: str = Field(sa_type=Text)
    commission_kind: str = Field(sa_type=Text)
    affiliate_id: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    valid_from: datetime = Field(sa_column=Column(_TIME, nullable=False))
    valid_to: datetime | None = Field(sa_column=Column(_TIME))
    volume_from: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    use_months: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    flat_fen: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    share_myriad: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    monthly_cap_fen: int = Field(sa_type=BigInteger)
    holding_days: int = Field(sa_type=Integer)
    beyond_matrix: bool = Field(sa_type=Boolean)
    made_by: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    approved_by: str | None = Field(sa_type=Text)
    approved_at: datetime | None = Field(sa_column=Column(_TIME))


class CommissionEventRow(RewardTable, table=True):
    """Something that an affiliate brought; unpriced while its outcome is empty."""

    __tablename__ = "commission_event"
    __table_args__ = (
        UniqueConstraint("id"),
        _one_of("kind", CommissionKind),
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("(outcome = '') = (priced_in IS NULL)", name="priced"),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    id: str = Field(sa_type=Text)
    affiliate_id: str = Field(sa_column=Column(Text, ForeignKey("affiliate.id"), nullable=False))
    kind: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    token: str = Field(sa_type=Text)
    subscriber_id: int = Field(sa_type=BigInteger)
    amount_fen: int = Field(sa_type=BigInteger)
    occurred_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    outcome: str = Field(sa_type=Text)
    commission_fen: int = Field(sa_type=BigInteger)
    priced_in: int | None = Field(sa_column=Column(TransactionId))


class CommissionRefundRow(RewardTable, table=True):
    """A refunded order, also one that has not come yet."""

    __tablename__ = "commission_refund"

    order_id: str = Field(sa_column=Column(Text, primary_key=True))
    refunded_at: datetime = Field(sa_column=Column(_TIME, nullable=False))


class CommissionUsageEndRow(RewardTable, table=True):
    """A moment at which a subscriber has given a service up."""

    __tablename__ = "commission_usage_end"

    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    service: str = Field(sa_column=Column(Text, primary_key=True))
    ended_at: datetime = Field(sa_column=Column(_TIME, primary_key=True))


class CommissionCounterRow(RewardTable, table=True):
    """What a policy has priced for an affiliate in a month."""

    __tablename__ = "commission_counter"

    affiliate_id: str = Field(sa_column=Column(Text, primary_key=True))
    policy: int = Field(sa_column=Column(BigInteger, ForeignKey("commission_policy.number"), primary_key=True))
    month: str = Field(sa_column=Column(Text, primary_key=True))
    events: int = Field(sa_type=BigInteger)
    amount_fen: int = Field(sa_type=BigInteger)


class CommissionLineRow(RewardTable, table=True):
    """One line of a statement; payable and paid as the run that it is in. A partial index keeps ``reverses`` unique."""

    __tablename__ = "commission_line"
    __table_args__ = (
        _one_of("kind", CommissionKind),
        CheckConstraint("state IN ('estimated', 'locked', 'void')", name="state"),
        CheckConstraint("amount_fen <> 0 AND (amount_fen < 0) = (reverses IS NOT NULL)", name="amount"),
        CheckConstraint("reverses IS NULL OR state = 'locked'", name="deduction"),
        CheckConstraint("settlement IS NULL OR state = 'locked'", name="settlement"),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    event: int = Field(sa_type=BigInteger)
    affiliate_id: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    policy: int = Field(sa_type=BigInteger)
    use_months: int = Field(sa_type=Integer)
    amount_fen: int = Field(sa_type=BigInteger)
    due_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    locks_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    month: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    lock_run: int | None = Field(sa_type=BigInteger)
    reverses: int | None = Field(sa_type=BigInteger)
    settlement: uuid.UUID | None = Field(sa_type=Uuid)


class SettlementRow(RewardTable, table=True):
    """One run; who made it can't be who checked it."""

    __tablename__ = "settlement"
    __table_args__ = (
        CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="period"),
        _one_of("state", SettlementState),
        CheckConstraint("affiliates > 0 AND deducted_fen >= 0 AND gross_fen > deducted_fen", name="amounts"),
        CheckConstraint("made_by <> '' AND checked_by <> '' AND checked_by <> made_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (checked_by IS NULL) AND (checked_by IS NULL) = (checked_at IS NULL)",
            name="checked",
        ),
        CheckConstraint(
            "(state = 'paid') = (paid_by IS NOT NULL) AND (paid_by IS NULL) = (paid_at IS NULL)", name="paid"
        ),
    )

    id: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    period: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    minimum_fen: int = Field(sa_type=BigInteger)
    affiliates: int = Field(sa_type=BigInteger)
    lines: int = Field(sa_type=BigInteger)
    gross_fen: int = Field(sa_type=BigInteger)
    deducted_fen: int = Field(sa_type=BigInteger)
    file_sha256: str = Field(sa_type=Text)
    made_by: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_column=Column(_TIME, nullable=False))
    checked_by: str | None = Field(sa_type=Text)
    checked_at: datetime | None = Field(sa_column=Column(_TIME))
    paid_by: str | None = Field(sa_type=Text)
    paid_at: datetime | None = Field(sa_column=Column(_TIME))


class SettlementItemRow(RewardTable, table=True):
    """What a run owes one affiliate; never changed."""

    __tablename__ = "settlement_item"
    __table_args__ = (CheckConstraint("deducted_fen >= 0 AND gross_fen > deducted_fen", name="amounts"),)

    settlement: uuid.UUID = Field(sa_column=Column(Uuid, ForeignKey("settlement.id"), primary_key=True))
    affiliate_id: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_type=Text)
    lines: int = Field(sa_type=BigInteger)
    gross_fen: int = Field(sa_type=BigInteger)
    deducted_fen: int = Field(sa_type=BigInteger)
