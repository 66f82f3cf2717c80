"""Reads and writes the inventory of services; it must not decide anything about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.service import Cluster, MemberPrices, Ownership, RevenueCalibre, Service, ServiceClass
from svc_catalog.store.tables import SERVICES


async def save_services(unit: UnitOfWork, services: Sequence[Service]) -> None:
    """Inserts the services, or brings those that stand to what is given; prices set since are kept."""
    statement = insert(SERVICES)
    described = {
        column.name: statement.excluded[column.name]
        for column in SERVICES.columns
        if column.name != "code" and not column.name.endswith("_fen")
    }
    await unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["code"], set_=described),
        [_to_row(service) for service in services],
    )


async def save_prices(unit: UnitOfWork, code: str, prices: MemberPrices) -> None:
    """Sets the three prices of a service."""
    changed = {
        "premium_fen": prices.premium_fen,
        "ordinary_fen": prices.ordinary_fen,
        "non_member_fen": prices.non_member_fen,
    }
    await unit.connection.execute(update(SERVICES).where(SERVICES.c.code == code).values(changed))


async def find_service(unit: UnitOfWork, code: str) -> Service | None:
    """Gives the service with this code, or None."""
    row = (await unit.connection.execute(select(SERVICES).where(SERVICES.c.code == code))).one_or_none()
    return None if row is None else _to_service(row)


async def has_service(unit: UnitOfWork, code: str) -> bool:
    """Says whether the code stands; orders ask this, on the hot path."""
    return bool(await unit.driver.fetchval("SELECT EXISTS (SELECT FROM service WHERE code = $1)", code))


async def list_codes(unit: UnitOfWork) -> list[str]:
    """Gives every code in alphabetical order."""
    return list(await unit.connection.scalars(select(SERVICES.c.code).order_by(SERVICES.c.code)))


async def list_services(unit: UnitOfWork, *, after: str, limit: int) -> list[Service]:
    """Gives up to `limit` services whose code comes after `after`, in alphabetical order of code."""
    statement = select(SERVICES).where(SERVICES.c.code > after).order_by(SERVICES.c.code).limit(limit)
    return [_to_service(row) for row in await unit.connection.execute(statement)]


def _to_row(service: Service) -> dict[str, Any]:
    return {
        "code": service.code,
        "name_zh": service.name_zh,
        "name_en": service.name_en,
        "aliases_zh": list(service.aliases_zh),
        "service_class": service.service_class,
        "suggested_class": service.suggested_class,
        "parent_code": service.parent_code,
        "ownership": service.ownership,
        "revenue_calibre": service.revenue_calibre,
        "cluster": service.cluster,
        "ocrm_marketed": service.ocrm_marketed,
        "has_mining_model": service.has_mining_model,
        "instant_activation": service.instant_activation,
        "premium_fen": service.prices.premium_fen,
        "ordinary_fen": service.prices.ordinary_fen,
        "non_member_fen": service.prices.non_member_fen,
    }


def _to_service(row: Row[Any]) -> Service:
    return Service(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        aliases_zh=tuple(row.aliases_zh),
        service_class=None if row.service_class is None else ServiceClass(row.service_class),
        suggested_class=None if row.suggested_class is None else ServiceClass(row.suggested_class),
        parent_code=row.parent_code,
        ownership=Ownership(row.ownership),
        revenue_calibre=RevenueCalibre(row.revenue_calibre),
        cluster=None if row.cluster is None else Cluster(row.cluster),
        ocrm_marketed=row.ocrm_marketed,
        has_mining_model=row.has_mining_model,
        instant_activation=row.instant_activation,
        prices=MemberPrices(
            premium_fen=row.premium_fen, ordinary_fen=row.ordinary_fen, non_member_fen=row.non_member_fen
        ),
    )
