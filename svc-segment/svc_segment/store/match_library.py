"""Keeps the match library in PostgreSQL: services as they stand, rules that are ended and never changed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.daily_hours import read_hours, write_hours
from svc_segment.domain.match_library import Layer, MatchedService, MatchLibrary, MatchRule

PUT_SERVICE = """
INSERT INTO match_service (code, owned_when, terminal, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (code) DO UPDATE SET owned_when = $2, terminal = $3, changed_by = $4, changed_at = $5
"""
INSERT_RULE = """
INSERT INTO match_rule (id, code, service, layer, principle, extract, priority, channels, brands, brand_order,
    monthly_volume, score, hours, created_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (code) WHERE ended_at IS NULL DO NOTHING RETURNING true
"""
END_RULE = "UPDATE match_rule SET ended_by = $2, ended_at = $3 WHERE code = $1 AND ended_at IS NULL RETURNING true"
SERVICES = "SELECT code, owned_when, terminal FROM match_service ORDER BY code"
RULES = """
SELECT code, service, layer, principle, extract, priority, channels, brands, brand_order, monthly_volume, score,
    hours
FROM match_rule WHERE ended_at IS NULL ORDER BY layer, priority, code
"""


async def put_service(unit: UnitOfWork, service: MatchedService, *, by: str, now: datetime) -> None:
    """Adds a service or gives it other rules of ownership and handset."""
    await unit.driver.execute(PUT_SERVICE, service.code, service.owned_when, service.terminal, by, now)


async def insert_rule(unit: UnitOfWork, rule: MatchRule, *, rule_id: uuid.UUID, by: str, now: datetime) -> bool:
    """Adds a rule; False when one of this code stands."""
    written = await unit.driver.fetchval(
        INSERT_RULE,
        rule_id,
        rule.code,
        rule.service,
        int(rule.layer),
        rule.principle,
        rule.extract,
        rule.priority,
        list(rule.channels),
        list(rule.brands),
        list(rule.brand_order),
        rule.monthly_volume,
        rule.score,
        write_hours(rule.hours),
        by,
        now,
    )
    return bool(written)


async def end_rule(unit: UnitOfWork, code: str, *, by: str, now: datetime) -> bool:
    """Ends a rule; False when none of this code stands. Its code may be given again."""
    return bool(await unit.driver.fetchval(END_RULE, code, by, now))


async def read_library(unit: UnitOfWork) -> MatchLibrary:
    """Services and rules as they stand."""
    services = [MatchedService(**dict(row)) for row in await unit.driver.fetch(SERVICES)]
    return MatchLibrary.of(services, [_to_rule(dict(row)) for row in await unit.driver.fetch(RULES)])


def library_to_json(library: MatchLibrary) -> dict[str, Any]:
    """The library as a run keeps it."""
    return {
        "services": [asdict(service) for service in library.services.values()],
        "rules": [{**asdict(rule), "hours": write_hours(rule.hours)} for rule in library.by_rank()],
    }


def library_from_json(kept: Mapping[str, Sequence[Mapping[str, Any]]]) -> MatchLibrary:
    """The library that a run kept, or one that is shipped."""
    return MatchLibrary.of(
        [MatchedService(**service) for service in kept["services"]], [_to_rule(rule) for rule in kept["rules"]]
    )


def _to_rule(row: Mapping[str, Any]) -> MatchRule:
    lists = {name: tuple(row.get(name, ())) for name in ("channels", "brands", "brand_order")}
    # What says none is for any time of day: what is shipped, and libraries kept before there were hours.
    hours = read_hours(row.get("hours", ""))
    return MatchRule(**{**row, "layer": Layer(row["layer"]), "hours": hours, **lists})
