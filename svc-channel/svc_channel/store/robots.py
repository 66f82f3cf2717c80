"""Robots and the cities that must have one; talks to nobody."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.robots.robot import Activity, ActivityKind, Robot

PUT = """
INSERT INTO robot (id, city, menu, supplier, enabled, activities, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET city = excluded.city, menu = excluded.menu, supplier = excluded.supplier,
    enabled = excluded.enabled, activities = excluded.activities, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at
"""
# An operator has a robot or a few a city; a thousand is beyond any.
LIST = "SELECT id, city, menu, supplier, enabled, activities, seen_at FROM robot ORDER BY id LIMIT 1000"
FIND_CITY = "SELECT city FROM robot WHERE id = $1 FOR UPDATE"
# The later of two replicas' sightings stays.
SEE = "UPDATE robot SET seen_at = $2 WHERE id = ANY ($1::text[]) AND (seen_at IS NULL OR seen_at < $2)"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRobot:
    """A robot and when it was last heard of."""

    robot: Robot
    seen_at: datetime | None


async def put_robot_row(unit: UnitOfWork, robot: Robot, *, by: str, now: datetime) -> None:
    """Keeps a robot."""
    activities = [[one.code, one.kind.value, one.target] for one in robot.activities]
    await unit.driver.execute(
        PUT, robot.id, robot.city, robot.menu, robot.supplier, robot.enabled, json.dumps(activities), by, now
    )


async def find_robot_city(unit: UnitOfWork, robot_id: str) -> str | None:
    """The city of a robot, locked; None where there is no such robot."""
    city: str | None = await unit.driver.fetchval(FIND_CITY, robot_id)
    return city


async def list_robot_rows(unit: UnitOfWork) -> list[KeptRobot]:
    """All robots, by id."""
    return [
        KeptRobot(
            robot=Robot(
                id=row["id"],
                city=row["city"],
                menu=row["menu"],
                supplier=row["supplier"],
                enabled=row["enabled"],
                activities=tuple(
                    Activity(code=code, kind=ActivityKind(kind), target=target)
                    for code, kind, target in json.loads(row["activities"])
                ),
            ),
            seen_at=row["seen_at"],
        )
        for row in await unit.driver.fetch(LIST)
    ]


async def see_robots(unit: UnitOfWork, robot_ids: Sequence[str], *, now: datetime) -> None:
    """Notes that robots were heard of."""
    await unit.driver.execute(SEE, sorted(robot_ids), now)


async def set_cities(unit: UnitOfWork, cities: Sequence[str]) -> None:
    """These cities, and no others, must have a robot."""
    await unit.driver.execute("DELETE FROM robot_city WHERE name <> ALL ($1::text[])", list(cities))
    await unit.driver.execute(
        "INSERT INTO robot_city (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", list(cities)
    )


async def list_cities(unit: UnitOfWork) -> list[str]:
    """The cities that must have a robot, by name."""
    return [row["name"] for row in await unit.driver.fetch("SELECT name FROM robot_city ORDER BY name")]
