"""The tables of reward reports and fulfilment; the triggers of migration 0008 say what may change in them.

The constraints say in the database what domain/ says in Python.
"""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlmodel import Field

from svc_reward.domain.fulfilment import (
    MAX_ATTEMPTS,
    MAX_CITY_LENGTH,
    MAX_SOURCE_LENGTH,
    FulfilmentKind,
    FulfilmentState,
    Funding,
)
from svc_reward.domain.reward_report import CAMPAIGN_PATTERN, STAGE_PATTERN, ReportState
from svc_reward.domain.transfer import MAX_LEG_AMOUNT
from svc_reward.store.prize_tables import MAX_SUBSCRIBER_ID
from svc_reward.store.tables import RewardTable

_TIME = DateTime(timezone=True)
_SHA256 = "file_sha256 ~ '^[0-9a-f]{64}$'"


def _one_of(column: str, values: type[ReportState | FulfilmentKind | FulfilmentState | Funding]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class RewardReportRow(RewardTable, table=True):
    """A report as it was issued."""

    __tablename__ = "reward_report"
    __table_args__ = (
        UniqueConstraint("campaign", "stage"),
        CheckConstraint(f"campaign ~ '{CAMPAIGN_PATTERN}'", name="campaign"),
        CheckConstraint(f"stage ~ '{STAGE_PATTERN}'", name="stage"),
        _one_of("state", ReportState),
        CheckConstraint("items >= 0", name="items"),
        CheckConstraint(f"(state = 'issued') = ({_SHA256})", name="file"),
        CheckConstraint("issued_by <> ''", name="issued_by"),
    )

    id: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    campaign: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    # The whole scope as JSON with sorted keys, to tell the same report from another under its name.
    scope: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    items: int = Field(sa_type=BigInteger)
    file_sha256: str = Field(sa_type=Text)
    issued_by: str = Field(sa_type=Text)
    issued_at: datetime = Field(sa_type=_TIME)


class RewardReportGrantRow(RewardTable, table=True):
    """What a campaign's budget paid out between two reports, by the numbers of its entries."""

    __tablename__ = "reward_report_grant"
    __table_args__ = (CheckConstraint("first_entry >= 1 AND last_entry >= first_entry - 1", name="entries"),)

    report: uuid.UUID = Field(sa_column=Column(Uuid, ForeignKey("reward_report.id"), primary_key=True))
    currency: str = Field(sa_column=Column(Text, primary_key=True))
    first_entry: int = Field(sa_type=BigInteger)
    last_entry: int = Field(sa_type=BigInteger)
    transfers: int = Field(sa_type=BigInteger)
    amount: int = Field(sa_type=BigInteger)


class RewardReportCityRow(RewardTable, table=True):
    """A city's part of an issued report."""

    __tablename__ = "reward_report_city"
    __table_args__ = (CheckConstraint(_SHA256, name="file"),)

    report: uuid.UUID = Field(sa_column=Column(Uuid, ForeignKey("reward_report.id"), primary_key=True))
    city: str = Field(sa_column=Column(Text, primary_key=True))
    items: int = Field(sa_type=BigInteger)
    file_sha256: str = Field(sa_type=Text)


class FulfilmentRow(RewardTable, table=True):
    """What is owed once for its source; its row lock orders all that is done about it."""

    __tablename__ = "fulfilment"
    __table_args__ = (
        UniqueConstraint("source"),
        CheckConstraint(f"length(source) BETWEEN 1 AND {MAX_SOURCE_LENGTH}", name="source"),
        _one_of("kind", FulfilmentKind),
        CheckConstraint(f"subscriber_id BETWEEN 1 AND {MAX_SUBSCRIBER_ID}", name="subscriber_id"),
        CheckConstraint("quantity >= 1", name="quantity"),
        _one_of("funding", Funding),
        CheckConstraint(
            "(kind = 'phone_credit') = (funding <> 'none') AND (kind = 'phone_credit') = (amount_fen > 0)"
            f" AND amount_fen BETWEEN 0 AND {MAX_LEG_AMOUNT}",
            name="credit",
        ),
        CheckConstraint(
            f"length(city) <= {MAX_CITY_LENGTH} AND (city IS NULL) = (issued_city IS NULL)",
            name="city",
        ),
        _one_of("state", FulfilmentState),
        CheckConstraint(f"attempt BETWEEN 1 AND {MAX_ATTEMPTS}", name="attempt"),
        CheckConstraint("reported_by <> '' AND verified_by <> reported_by", name="people"),
        CheckConstraint(
            "CASE state WHEN 'reported' THEN verified_by = '' WHEN 'failed' THEN true"
            " ELSE verified_by <> '' AND city IS NOT NULL END",
            name="verified",
        ),
        CheckConstraint("state <> 'paying' OR kind = 'phone_credit'", name="paying"),
        CheckConstraint("(state = 'completed') = (reference <> '')", name="completed"),
        CheckConstraint("(state = 'failed') = (reason <> '')", name="failed"),
    )

    id: uuid.UUID = Field(sa_column=Column(Uuid, primary_key=True))
    report: uuid.UUID = Field(sa_column=Column(Uuid, ForeignKey("reward_report.id"), nullable=False))
    source: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    subscriber_id: int = Field(sa_type=BigInteger)
    prize: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    quantity: int = Field(sa_type=Integer)
    amount_fen: int = Field(sa_type=BigInteger)
    funding: str = Field(sa_type=Text)
    # NULL while it is being asked for. The first one stays in the report's file, the other may be corrected.
    issued_city: str | None = Field(sa_type=Text)
    city: str | None = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    attempt: int = Field(sa_type=SmallInteger)
    reported_by: str = Field(sa_type=Text)
    verified_by: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=_TIME)


class FulfilmentStepRow(RewardTable, table=True):
    """One line of an item's history, only ever added."""

    __tablename__ = "fulfilment_step"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    fulfilment: uuid.UUID = Field(sa_column=Column(Uuid, ForeignKey("fulfilment.id"), primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    step: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    taken_by: str = Field(sa_type=Text)
    taken_at: datetime = Field(sa_type=_TIME)
    note: str = Field(sa_type=Text)


class RechargeOrderRow(RewardTable, table=True):
    """A recharge on its way; ``due_at`` is when a worker may take it up."""

    __tablename__ = "recharge_order"
    __table_args__ = (CheckConstraint("tries >= 0", name="tries"),)

    fulfilment: uuid.UUID = Field(sa_column=Column(Uuid, ForeignKey("fulfilment.id"), primary_key=True))
    attempt: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    tries: int = Field(sa_type=Integer)
    due_at: datetime = Field(sa_type=_TIME)
    problem: str = Field(sa_type=Text)
    ended_at: datetime | None = Field(sa_type=_TIME)
