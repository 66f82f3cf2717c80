"""The tables of outlets and of visits to them as SQLModel sees them; rows never leave store."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger, Text
from sqlmodel import Field

from svc_catalog.store.tables import CatalogTable


class OutletRow(CatalogTable, table=True):
    """One outlet (CHN-34, CHN-40); ``branch`` is whose it is, empty for the province."""

    __tablename__ = "outlet"
    __table_args__ = (
        CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9-]{0,39}$'", name="outlet_code"),
        CheckConstraint("stars BETWEEN 0 AND 6", name="outlet_stars"),
        CheckConstraint("stage IN ('PUBLICITY', 'DIRECT_SALES')", name="outlet_stage"),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    branch: str = Field(sa_type=Text)
    touchpoint: str = Field(foreign_key="channel.code", sa_type=Text)
    key: bool
    stars: int = Field(sa_type=SmallInteger)
    alliance: bool
    stage: str = Field(sa_type=Text)
    changed_by: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


class VisitRow(CatalogTable, table=True):
    """A supervisor's visit to an outlet: what was trained, examined and found; never changed."""

    __tablename__ = "outlet_visit"
    __table_args__ = (
        CheckConstraint("trained BETWEEN 0 AND 1000", name="outlet_visit_trained"),
        CheckConstraint("(product_cards IS NULL) = (publicity IS NULL)", name="outlet_visit_materials"),
        CheckConstraint("trained > 0 OR passed IS NOT NULL OR publicity IS NOT NULL", name="outlet_visit_empty"),
        Index("outlet_visit_newest", "outlet", "visited_on", "recorded_at"),
    )

    id: UUID = Field(primary_key=True)
    outlet: str = Field(foreign_key="outlet.code", sa_type=Text)
    visited_on: date
    supervisor: str = Field(sa_type=Text)
    trained: int = Field(sa_type=SmallInteger)
    passed: bool | None = None
    product_cards: bool | None = None
    publicity: bool | None = None
    note: str = Field(sa_type=Text)
    recorded_by: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
