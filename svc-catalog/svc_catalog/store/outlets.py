"""Reads and writes outlets and the visits to them; it must not decide anything about them."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.outlet import Coverage, KnownOutlet, Materials, Outlet, Stage, Visit

# Years of them: an outlet is visited a few times a year.
VISITS_LIMIT = 200

INSERT = """
INSERT INTO outlet (code, name, branch, touchpoint, key, stars, alliance, stage, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
"""
UPDATE = """
UPDATE outlet SET name = $2, key = $3, stars = $4, alliance = $5, stage = $6, changed_by = $7, changed_at = $8
WHERE code = $1
"""
INSERT_VISIT = """
INSERT INTO outlet_visit (id, outlet, visited_on, supervisor, trained, passed, product_cards, publicity, note,
                          recorded_by, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
# What an outlet's visits came to: each question is answered by the newest visit that asked it.
KNOWN = """
SELECT o.code, o.name, o.branch, o.touchpoint, o.key, o.stars, o.alliance, o.stage,
       shown.product_cards, shown.publicity, taught.visited_on AS trained_on,
       CASE WHEN examined.passed THEN examined.visited_on END AS certified_on
FROM outlet o
LEFT JOIN LATERAL (
    SELECT product_cards, publicity FROM outlet_visit WHERE outlet = o.code AND publicity IS NOT NULL
    ORDER BY visited_on DESC, recorded_at DESC LIMIT 1
) shown ON true
LEFT JOIN LATERAL (
    SELECT visited_on FROM outlet_visit WHERE outlet = o.code AND trained > 0
    ORDER BY visited_on DESC, recorded_at DESC LIMIT 1
) taught ON true
LEFT JOIN LATERAL (
    SELECT visited_on, passed FROM outlet_visit WHERE outlet = o.code AND passed IS NOT NULL
    ORDER BY visited_on DESC, recorded_at DESC LIMIT 1
) examined ON true
WHERE ($1 = '' OR o.branch = $1)
"""
FIND = KNOWN + " AND o.code = $2"
LIST = KNOWN + " AND ($2 = '' OR o.touchpoint = $2) AND (o.key OR NOT $3) AND o.code > $4 ORDER BY o.code LIMIT $5"
LOCK = "SELECT FROM outlet WHERE code = $1 FOR UPDATE"
VISITS = """
SELECT id, outlet, visited_on, supervisor, trained, passed, product_cards, publicity, note, recorded_by, recorded_at
FROM outlet_visit WHERE outlet = $1 ORDER BY visited_on DESC, recorded_at DESC LIMIT $2
"""
COVERAGE = f"""
SELECT branch, count(*) AS outlets, count(*) FILTER (WHERE key) AS key_outlets,
       count(*) FILTER (WHERE key AND trained_on IS NOT NULL) AS key_trained,
       count(*) FILTER (WHERE key AND certified_on IS NOT NULL) AS key_certified,
       count(*) FILTER (WHERE product_cards) AS with_product_cards,
       count(*) FILTER (WHERE publicity) AS with_publicity,
       count(*) FILTER (WHERE product_cards AND publicity) AS equipped
FROM ({KNOWN}) known GROUP BY branch ORDER BY branch
"""  # noqa: S608 -- a constant of this module


async def insert_outlet(unit: UnitOfWork, outlet: Outlet, *, by: str, now: datetime) -> bool:
    """Writes a new outlet; False when its code stands already, whoever's it is."""
    status = await unit.driver.execute(
        INSERT,
        outlet.code,
        outlet.name,
        outlet.branch,
        outlet.touchpoint,
        outlet.key,
        outlet.stars,
        outlet.alliance,
        outlet.stage.value,
        by,
        now,
    )
    return bool(status != "INSERT 0 0")


async def update_outlet(unit: UnitOfWork, outlet: Outlet, *, by: str, now: datetime) -> None:
    """Writes what may change of an outlet that stands."""
    await unit.driver.execute(
        UPDATE, outlet.code, outlet.name, outlet.key, outlet.stars, outlet.alliance, outlet.stage.value, by, now
    )


async def find_outlet(unit: UnitOfWork, code: str, *, branch: str) -> KnownOutlet | None:
    """Gives the outlet where ``branch`` may see it: its own, or any for the province (empty)."""
    row = await unit.driver.fetchrow(FIND, branch, code)
    return None if row is None else _to_known(row)


async def lock_outlet(unit: UnitOfWork, code: str) -> None:
    """Keeps others from changing the outlet until the transaction ends."""
    await unit.driver.execute(LOCK, code)


async def list_outlets(
    unit: UnitOfWork, *, branch: str, touchpoint: str, key_only: bool, after: str, limit: int
) -> list[KnownOutlet]:
    """Gives up to ``limit`` outlets after the code ``after``, by code; an empty branch or touch point takes all."""
    rows = await unit.driver.fetch(LIST, branch, touchpoint, key_only, after, limit)
    return [_to_known(row) for row in rows]


async def insert_visit(unit: UnitOfWork, visit: Visit) -> None:
    """Writes a visit."""
    materials = visit.materials
    await unit.driver.execute(
        INSERT_VISIT,
        visit.id,
        visit.outlet,
        visit.visited_on,
        visit.supervisor,
        visit.trained,
        visit.passed,
        materials.product_cards if materials else None,
        materials.publicity if materials else None,
        visit.note,
        visit.recorded_by,
        visit.recorded_at,
    )


async def list_visits(unit: UnitOfWork, code: str) -> Sequence[Visit]:
    """Gives the newest visits of the outlet."""
    return [
        Visit(
            id=row["id"],
            outlet=row["outlet"],
            visited_on=row["visited_on"],
            supervisor=row["supervisor"],
            trained=row["trained"],
            passed=row["passed"],
            materials=_to_materials(row),
            note=row["note"],
            recorded_by=row["recorded_by"],
            recorded_at=row["recorded_at"],
        )
        for row in await unit.driver.fetch(VISITS, code, VISITS_LIMIT)
    ]


async def cover_outlets(unit: UnitOfWork, *, branch: str) -> list[Coverage]:
    """Counts by branch, in their order; an empty branch takes all."""
    return [Coverage(**row) for row in await unit.driver.fetch(COVERAGE, branch)]


def _to_known(row: asyncpg.Record) -> KnownOutlet:
    return KnownOutlet(
        outlet=Outlet(
            code=row["code"],
            name=row["name"],
            branch=row["branch"],
            touchpoint=row["touchpoint"],
            key=row["key"],
            stars=row["stars"],
            alliance=row["alliance"],
            stage=Stage(row["stage"]),
        ),
        materials=_to_materials(row),
        trained_on=row["trained_on"],
        certified_on=row["certified_on"],
    )


def _to_materials(row: asyncpg.Record) -> Materials | None:
    if row["publicity"] is None:
        return None
    return Materials(product_cards=row["product_cards"], publicity=row["publicity"])
