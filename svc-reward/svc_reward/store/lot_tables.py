"""The tables of lots and of what was taken out of them; what is in lots of an account also stands on its balance, so that most postings need not ask."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Identity
from sqlmodel import Field

from svc_reward.store.tables import RewardTable


class LotRow(RewardTable, table=True):
    """One credit that expires and what is left of it."""

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("amount >= 1", name="amount"),
        CheckConstraint("remaining BETWEEN 0 AND amount", name="remaining"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    account: int = Field(sa_column=Column(BigInteger, ForeignKey("account.number"), nullable=False))
    transfer: int = Field(sa_type=BigInteger)
    amount: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))


class LotUseRow(RewardTable, table=True):
    """What a payment took of an account's points that expire at that moment; only ever added to."""

    __tablename__ = "lot_use"
    __table_args__ = (CheckConstraint("amount >= 1", name="amount"),)

    transfer: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    account: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    amount: int = Field(sa_type=BigInteger)
