"""The tables of flash sales; the constraints say in the database what domain/ says in Python."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Text, Uuid, text
from sqlmodel import Field

from svc_reward.domain.claim import MAX_REFERENCE_LENGTH, ClaimState
from svc_reward.domain.prize import MAX_NAME_LENGTH, MAX_PRICE
from svc_reward.domain.sale import MAX_HOLD_SECONDS
from svc_reward.store.prize_tables import MAX_SUBSCRIBER_ID
from svc_reward.store.tables import RewardTable

MAX_REQUEST_ID_LENGTH = 200


class SaleRow(RewardTable, table=True):
    """A sale; its stock is a row of its own, which alone is fought for."""

    __tablename__ = "sale"
    __table_args__ = (
        CheckConstraint(f"length(name) BETWEEN 1 AND {MAX_NAME_LENGTH}", name="name"),
        CheckConstraint("closes_at > opens_at", name="open"),
        CheckConstraint(f"hold_seconds BETWEEN 1 AND {MAX_HOLD_SECONDS}", name="hold_seconds"),
        CheckConstraint(f"CASE currency WHEN '' THEN price = 0 ELSE price BETWEEN 1 AND {MAX_PRICE} END", name="price"),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    opens_at: datetime = Field(sa_type=DateTime(timezone=True))
    closes_at: datetime = Field(sa_type=DateTime(timezone=True))
    hold_seconds: int = Field(sa_type=Integer)
    currency: str = Field(sa_type=Text)
    price: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))


class ClaimRow(RewardTable, table=True):
    """One person's piece; of those that are not released there is one a person and one a key."""

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {MAX_SUBSCRIBER_ID}", name="subscriber_id"),
        CheckConstraint(f"length(request_id) BETWEEN 1 AND {MAX_REQUEST_ID_LENGTH}", name="request_id"),
        CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in ClaimState)})", name="state"),
        CheckConstraint("(state = 'held') = (ended_at IS NULL)", name="ended"),
        CheckConstraint(f"length(reference) <= {MAX_REFERENCE_LENGTH}", name="reference"),
        Index("uq_claim_person", "sale_id", "subscriber_id", unique=True, postgresql_where=text("state <> 'released'")),
        Index("uq_claim_request", "request_id", unique=True, postgresql_where=text("state <> 'released'")),
        Index("ix_claim_held", "hold_until", postgresql_where=text("state = 'held'")),
    )

    id: UUID = Field(primary_key=True)
    sale_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("sale.id"), nullable=False))
    subscriber_id: int = Field(sa_type=BigInteger)
    request_id: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    claimed_at: datetime = Field(sa_type=DateTime(timezone=True))
    hold_until: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    reference: str = Field(sa_type=Text)
