"""Reads and extends the attribute dictionary; it must not change a type."""

from collections.abc import Iterable

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary, Dimension

SELECT = "SELECT name, type, unit, description, dimension FROM attribute ORDER BY position"
UPSERT = """
INSERT INTO attribute (name, type, unit, description, dimension) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET unit = excluded.unit, description = excluded.description,
    dimension = coalesce(nullif(excluded.dimension, ''), attribute.dimension)
"""


async def read_dictionary(unit: UnitOfWork) -> Dictionary:
    """The attributes that stand, in the order they came."""
    return Dictionary(
        Attribute(name=row[0], type=AttributeType(row[1]), unit=row[2], description=row[3], dimension=Dimension(row[4]))
        for row in await unit.driver.fetch(SELECT)
    )


async def save_attributes(unit: UnitOfWork, attributes: Iterable[Attribute]) -> None:
    """Adds new attributes and renews what is said of known ones; types were checked by the dictionary."""
    await unit.driver.executemany(
        UPSERT, [(one.name, one.type.value, one.unit, one.description, one.dimension.value) for one in attributes]
    )
