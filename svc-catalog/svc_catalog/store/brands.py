"""Reads and writes the brands; it must not decide anything about them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.brand import Brand
from svc_catalog.store.tables import BRANDS


async def save_brands(unit: UnitOfWork, brands: Sequence[Brand]) -> None:
    """Inserts the brands, or brings those that stand to what is given, in the order given."""
    statement = insert(BRANDS)
    described = {column.name: statement.excluded[column.name] for column in BRANDS.columns if column.name != "code"}
    await unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["code"], set_=described),
        [
            {
                "code": brand.code,
                "position": position,
                "name_zh": brand.name_zh,
                "name_en": brand.name_en,
                "tone": list(brand.tone),
                "promote": list(brand.promote),
                "lever": brand.lever,
            }
            for position, brand in enumerate(brands)
        ],
    )


async def list_brands(unit: UnitOfWork) -> list[Brand]:
    """Gives every brand in the order of the source."""
    return [
        Brand(
            code=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            tone=tuple(row.tone),
            promote=tuple(row.promote),
            lever=row.lever,
        )
        for row in await unit.connection.execute(select(BRANDS).order_by(BRANDS.c.position))
    ]
