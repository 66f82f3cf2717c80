"""The tables of svc-catalog as SQLModel sees them; rows never leave store."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from svc_catalog.domain.order import AMOUNT_LIMIT_FEN


class CatalogTable(SQLModel, registry=registry()):
    """What all tables of this service hang on; no other service shares its metadata."""

    metadata = MetaData()


def _texts() -> Any:
    """Makes a column that holds a short list of texts."""
    return Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'")))


class ServiceRow(CatalogTable, table=True):
    """One service of the inventory (CAT-01)."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("code ~ '^[A-Z][A-Z0-9_]{1,63}$'", name="service_code"),
        CheckConstraint("parent_code <> code", name="service_parent"),
        CheckConstraint("service_class IN ('MATURE', 'STRATEGIC', 'SCALE')", name="service_class"),
        CheckConstraint("suggested_class IN ('MATURE', 'STRATEGIC', 'SCALE')", name="service_suggested_class"),
        CheckConstraint("service_class IS NULL OR suggested_class IS NULL", name="service_class_once"),
        CheckConstraint("ownership IN ('OWN', 'SP')", name="service_ownership"),
        CheckConstraint("revenue_calibre IN ('DATA_VAS', 'VOICE_VAS')", name="service_revenue_calibre"),
        CheckConstraint("cluster IN ('a', 'b', 'c', 'd')", name="service_cluster"),
        CheckConstraint("premium_fen >= 0 AND ordinary_fen >= 0 AND non_member_fen >= 0", name="service_prices"),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    name_zh: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)
    aliases_zh: list[str] = _texts()
    service_class: str | None = Field(default=None, sa_type=Text)
    suggested_class: str | None = Field(default=None, sa_type=Text)
    # Deferred: the reference is loaded in its own order, in which a parent may stand after its child.
    parent_code: str | None = Field(
        default=None,
        sa_column=Column(Text, ForeignKey("service.code", deferrable=True, initially="DEFERRED"), nullable=True),
    )
    ownership: str = Field(sa_type=Text)
    revenue_calibre: str = Field(sa_type=Text)
    cluster: str | None = Field(default=None, sa_type=Text)
    ocrm_marketed: bool
    has_mining_model: bool
    instant_activation: bool
    premium_fen: int | None = Field(default=None, sa_type=BigInteger)
    ordinary_fen: int | None = Field(default=None, sa_type=BigInteger)
    non_member_fen: int | None = Field(default=None, sa_type=BigInteger)


class BrandRow(CatalogTable, table=True):
    """One customer brand (CAT-09 to CAT-11); `position` keeps the order of the source."""

    __tablename__ = "brand"

    code: str = Field(primary_key=True, sa_type=Text)
    position: int
    name_zh: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)
    tone: list[str] = _texts()
    promote: list[str] = _texts()
    lever: str = Field(sa_type=Text)


class ChannelRow(CatalogTable, table=True):
    """One channel (CHN-01); `position` keeps the order of the source."""

    __tablename__ = "channel"
    __table_args__ = (
        CheckConstraint("kind IN ('ELECTRONIC', 'PHYSICAL')", name="channel_kind"),
        CheckConstraint("role IN ('SCALE_PROMOTION', 'INTERACTIVE_PRECISION', 'EXPERIENCE')", name="channel_role"),
        CheckConstraint("contact IN ('ACTIVE', 'PASSIVE')", name="channel_contact"),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    position: int
    name_zh: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)
    aliases_zh: list[str] = _texts()
    kind: str | None = Field(default=None, sa_type=Text)
    role: str | None = Field(default=None, sa_type=Text)
    contact: str | None = Field(default=None, sa_type=Text)
    spellings: list[str] = _texts()
    has_outlets: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class OrderRow(CatalogTable, table=True):
    """One order (QGV-09); named service_order because ORDER is SQL's own word."""

    __tablename__ = "service_order"
    __table_args__ = (
        CheckConstraint("subscriber_id BETWEEN 1 AND 4294967295", name="service_order_subscriber"),
        CheckConstraint(f"amount_fen BETWEEN 0 AND {AMOUNT_LIMIT_FEN}", name="service_order_amount"),
        CheckConstraint("state IN ('pending_confirmation', 'active', 'cancelled')", name="service_order_state"),
        CheckConstraint("(activated_at IS NOT NULL) = (state = 'active')", name="service_order_activated"),
        Index("service_order_open", "subscriber_id", postgresql_where=text("state = 'pending_confirmation'")),
        Index("service_order_homeless", "id", postgresql_where=text("branch = '' AND home_branch IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    subscriber_id: int = Field(sa_type=BigInteger)
    service: str = Field(foreign_key="service.code", sa_type=Text)
    plan: str = Field(sa_type=Text)
    amount_fen: int = Field(sa_type=BigInteger)
    touchpoint: str = Field(sa_type=Text)
    campaign_id: str = Field(sa_type=Text)
    affiliate_id: str = Field(sa_type=Text)
    staff_id: str = Field(sa_type=Text)
    decision_id: str = Field(sa_type=Text)
    outlet: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    branch: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    placed_at: datetime = Field(sa_type=DateTime(timezone=True))
    activated_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    home_branch: str | None = Field(default=None, sa_type=Text)


class SaleChangeRow(CatalogTable, table=True):
    """What happened to an order and is in no day's counts yet; no foreign key, for both come by one statement."""

    __tablename__ = "sale_change"
    __table_args__ = (CheckConstraint("ordered + active + cancelled > 0", name="sale_change_one"),)

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    order_id: UUID
    ordered: int
    active: int
    cancelled: int


class SaleDayRow(CatalogTable, table=True):
    """How many orders were placed on a day, and how many of those became active or were cancelled since."""

    __tablename__ = "sale_day"
    __table_args__ = (CheckConstraint("active >= 0 AND cancelled >= 0", name="sale_day_counts"),)

    day: date = Field(primary_key=True)
    service: str = Field(primary_key=True, sa_type=Text)
    touchpoint: str = Field(primary_key=True, sa_type=Text)
    branch: str = Field(primary_key=True, sa_type=Text)
    ordered: int = Field(sa_type=BigInteger)
    active: int = Field(sa_type=BigInteger)
    cancelled: int = Field(sa_type=BigInteger)


class SaleMonthRow(CatalogTable, table=True):
    """The same of a month, under its first day."""

    __tablename__ = "sale_month"
    __table_args__ = (CheckConstraint("active >= 0 AND cancelled >= 0", name="sale_month_counts"),)

    month: date = Field(primary_key=True)
    service: str = Field(primary_key=True, sa_type=Text)
    touchpoint: str = Field(primary_key=True, sa_type=Text)
    branch: str = Field(primary_key=True, sa_type=Text)
    ordered: int = Field(sa_type=BigInteger)
    active: int = Field(sa_type=BigInteger)
    cancelled: int = Field(sa_type=BigInteger)


class SubscriptionRow(CatalogTable, table=True):
    """One subscription, begun by an order; running while `ended_at` is NULL."""

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("ended_at >= since", name="subscription_ended"),
        # However many orders come, a subscriber has a service once.
        Index(
            "subscription_running",
            "subscriber_id",
            "service",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    order_id: UUID = Field(primary_key=True, foreign_key="service_order.id")
    subscriber_id: int = Field(sa_type=BigInteger)
    service: str = Field(foreign_key="service.code", sa_type=Text)
    since: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class EndedLifeRow(CatalogTable, table=True):
    """A subscriber whose life ended: its ordinal is nobody's for ever."""

    __tablename__ = "ended_life"
    __table_args__ = (CheckConstraint("subscriber_id BETWEEN 1 AND 4294967295", name="ended_life_subscriber"),)

    subscriber_id: int = Field(primary_key=True, sa_type=BigInteger)
    ended_on: date


SERVICES: Table = CatalogTable.metadata.tables["service"]
BRANDS: Table = CatalogTable.metadata.tables["brand"]
CHANNELS: Table = CatalogTable.metadata.tables["channel"]
ORDERS: Table = CatalogTable.metadata.tables["service_order"]
SUBSCRIPTIONS: Table = CatalogTable.metadata.tables["subscription"]
