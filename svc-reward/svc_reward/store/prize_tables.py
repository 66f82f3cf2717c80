"""The tables of prizes, stock and redemptions; the constraints say in the database what domain/ says in Python."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Text
from sqlmodel import Field

from svc_reward.domain.membership import MemberTier
from svc_reward.domain.prize import CODE_PATTERN, MAX_NAME_LENGTH, MAX_PRICE, MAX_QUANTITY, MAX_VOUCHER_DAYS, PrizeKind
from svc_reward.domain.redemption import RedemptionState
from svc_reward.domain.stock import MAX_STOCK, POOL_PATTERN
from svc_reward.store.tables import RewardTable

MAX_SUBSCRIBER_ID = 2**32 - 1


def _one_of(column: str, values: type[PrizeKind | MemberTier | RedemptionState]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class PrizeRow(RewardTable, table=True):
    """One prize of the catalogue; its stock is a row of its own, which alone is fought for."""

    __tablename__ = "prize"
    __table_args__ = (
        CheckConstraint(f"code ~ '{CODE_PATTERN}'", name="code"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {MAX_NAME_LENGTH}", name="name"),
        CheckConstraint(_one_of("kind", PrizeKind), name="kind"),
        CheckConstraint(f"price BETWEEN 1 AND {MAX_PRICE}", name="price"),
        CheckConstraint(_one_of("lowest_tier", MemberTier), name="lowest_tier"),
        CheckConstraint("kind <> 'member_gift' OR lowest_tier <> 'non_member'", name="member_gift"),
        CheckConstraint("valid_until > valid_from", name="valid"),
        CheckConstraint(
            f"CASE kind WHEN 'voucher' THEN voucher_days BETWEEN 1 AND {MAX_VOUCHER_DAYS} ELSE voucher_days = 0 END",
            name="voucher_days",
        ),
    )

    code: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    price: int = Field(sa_type=BigInteger)
    lowest_tier: str = Field(sa_type=Text)
    valid_from: datetime = Field(sa_type=DateTime(timezone=True))
    valid_until: datetime = Field(sa_type=DateTime(timezone=True))
    voucher_days: int = Field(sa_type=Integer)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))


class StockRow(RewardTable, table=True):
    """What there is in a pool and what of it is promised or gone."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint(f"pool ~ '{POOL_PATTERN}'", name="pool"),
        CheckConstraint(f"total BETWEEN 0 AND {MAX_STOCK}", name="total"),
        CheckConstraint("reserved >= 0 AND committed >= 0 AND reserved + committed <= total", name="promised"),
    )

    pool: str = Field(sa_column=Column(Text, primary_key=True))
    total: int = Field(sa_type=BigInteger)
    reserved: int = Field(sa_type=BigInteger)
    committed: int = Field(sa_type=BigInteger)


class RedemptionRow(RewardTable, table=True):
    """Pieces of a prize for points, at the price of that day."""

    __tablename__ = "redemption"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {MAX_SUBSCRIBER_ID}", name="subscriber_id"),
        CheckConstraint(f"quantity BETWEEN 1 AND {MAX_QUANTITY}", name="quantity"),
        CheckConstraint(f"price BETWEEN 1 AND {MAX_PRICE}", name="price"),
        CheckConstraint(_one_of("state", RedemptionState), name="state"),
        CheckConstraint("(state = 'booked') = (ended_at IS NULL)", name="ended"),
        Index("ix_redemption_subscriber_id", "subscriber_id"),
    )

    id: UUID = Field(primary_key=True)
    subscriber_id: int = Field(sa_type=BigInteger)
    prize: str = Field(sa_column=Column(Text, ForeignKey("prize.code"), nullable=False))
    quantity: int = Field(sa_type=Integer)
    currency: str = Field(sa_type=Text)
    price: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    booked_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
