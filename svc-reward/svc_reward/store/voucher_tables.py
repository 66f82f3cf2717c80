"""The table of vouchers; the constraints say in the database what domain/ says in Python."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Text, Uuid, text
from sqlmodel import Field

from svc_reward.domain.bar_code import CODE_PATTERN
from svc_reward.domain.prize import CODE_PATTERN as NAME_PATTERN
from svc_reward.domain.voucher import VoucherState
from svc_reward.store.prize_tables import MAX_SUBSCRIBER_ID
from svc_reward.store.tables import RewardTable


class VoucherRow(RewardTable, table=True):
    """One voucher of one redemption."""

    __tablename__ = "voucher"
    __table_args__ = (
        CheckConstraint(f"code ~ '{CODE_PATTERN}'", name="code"),
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {MAX_SUBSCRIBER_ID}", name="subscriber_id"),
        CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in VoucherState)})", name="state"),
        CheckConstraint("expires_at > issued_at", name="expires"),
        CheckConstraint("(state = 'redeemed') = (redeemed_at IS NOT NULL)", name="redeemed"),
        CheckConstraint(
            f"CASE state WHEN 'redeemed' THEN merchant ~ '{NAME_PATTERN}' ELSE merchant = '' END", name="merchant"
        ),
        Index("ix_voucher_redemption_id", "redemption_id"),
        Index("ix_voucher_subscriber_id", "subscriber_id", "id"),
        Index("ix_voucher_live", "expires_at", postgresql_where=text("state IN ('issued', 'shown')")),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text, unique=True)
    redemption_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("redemption.id"), nullable=False))
    subscriber_id: int = Field(sa_type=BigInteger)
    prize: str = Field(sa_column=Column(Text, ForeignKey("prize.code"), nullable=False))
    state: str = Field(sa_type=Text)
    issued_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    shown_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    redeemed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    merchant: str = Field(sa_type=Text)
