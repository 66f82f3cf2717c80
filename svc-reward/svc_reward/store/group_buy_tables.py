"""The tables of group buys; the constraints say in the database what domain/ says in Python."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Text, Uuid, text
from sqlmodel import Field

from svc_reward.domain.group_buy import MAX_TARGET, MIN_TARGET, GroupBuyState
from svc_reward.domain.prize import MAX_NAME_LENGTH, MAX_PRICE
from svc_reward.store.prize_tables import MAX_SUBSCRIBER_ID
from svc_reward.store.tables import RewardTable


class GroupBuyRow(RewardTable, table=True):
    """A group; captured exactly when it is full."""

    __tablename__ = "group_buy"
    __table_args__ = (
        CheckConstraint(f"length(name) BETWEEN 1 AND {MAX_NAME_LENGTH}", name="name"),
        CheckConstraint(f"target BETWEEN {MIN_TARGET} AND {MAX_TARGET}", name="target"),
        CheckConstraint("deadline > opened_at", name="deadline"),
        CheckConstraint(f"price BETWEEN 1 AND {MAX_PRICE}", name="price"),
        CheckConstraint("members BETWEEN 0 AND target", name="members"),
        CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in GroupBuyState)})", name="state"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(state = 'captured') = (members = target)", name="all"),
        Index("ix_group_buy_open", "deadline", postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    target: int = Field(sa_type=Integer)
    deadline: datetime = Field(sa_type=DateTime(timezone=True))
    currency: str = Field(sa_type=Text)
    price: int = Field(sa_type=BigInteger)
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))
    members: int = Field(sa_type=Integer)
    state: str = Field(sa_type=Text)
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class GroupMemberRow(RewardTable, table=True):
    """One person of a group."""

    __tablename__ = "group_member"
    __table_args__ = (CheckConstraint(f"subscriber_id BETWEEN 1 AND {MAX_SUBSCRIBER_ID}", name="subscriber_id"),)

    group_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("group_buy.id"), primary_key=True))
    subscriber_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    joined_at: datetime = Field(sa_type=DateTime(timezone=True))
