"""The table of holds; what they keep of an account also stands on its balance, where postings are decided."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Integer, Text
from sqlmodel import Field

from svc_reward.domain.hold import HOLD_ID_PATTERN, HoldState
from svc_reward.domain.transfer import MAX_LEG_AMOUNT
from svc_reward.store.tables import RewardTable

_STATES = ", ".join(f"'{state}'" for state in HoldState)


class HoldRow(RewardTable, table=True):
    """One hold; its row lock orders captures, voiding and the time-out, before the account's."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint(f"id ~ '{HOLD_ID_PATTERN}'", name="id"),
        CheckConstraint(f"amount BETWEEN 1 AND {MAX_LEG_AMOUNT}", name="amount"),
        CheckConstraint("captured BETWEEN 0 AND amount AND (captured = 0) = (captures = 0)", name="captured"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("expires_at > made_at", name="expires_at"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    account: int = Field(sa_column=Column(BigInteger, ForeignKey("account.number"), nullable=False))
    amount: int = Field(sa_type=BigInteger)
    captured: int = Field(sa_type=BigInteger)
    captures: int = Field(sa_type=Integer)
    state: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
