"""Keeps grant rules; it must not choose between them."""

import json
from datetime import datetime
from typing import Any

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.activity import ActivityKind
from svc_reward.domain.grant_period import Period
from svc_reward.domain.grant_rule import GrantRule, GrantTerms, Payee
from svc_reward.domain.grant_shape import GrantShape, ShapeKind, ShareTier
from svc_reward.domain.growth import Growth
from svc_reward.store.reward_forms import offer_from_json, offer_to_json

COLUMNS = "number, terms, made_by, made_at, approved_by, approved_at, ended_by, ended_at"
INSERT = "INSERT INTO grant_rule (trigger, terms, made_by, made_at) VALUES ($1, $2, $3, $4) RETURNING number"
LOCK = f"SELECT {COLUMNS} FROM grant_rule WHERE number = $1 FOR NO KEY UPDATE"  # noqa: S608 -- the columns are ours
FIND = f"SELECT {COLUMNS} FROM grant_rule WHERE number = $1"  # noqa: S608 -- the same
KEEP = """
UPDATE grant_rule SET approved_by = $2, approved_at = $3, ended_by = $4, ended_at = $5 WHERE number = $1
"""
LIST = f"SELECT {COLUMNS} FROM grant_rule WHERE number > $1 ORDER BY number LIMIT $2"  # noqa: S608 -- the same
LIVE = f"""
SELECT {COLUMNS} FROM grant_rule WHERE trigger = $1 AND approved_by IS NOT NULL ORDER BY number
"""  # noqa: S608 -- the same
REQUIRED = "SELECT DISTINCT (terms->>'requires_rule')::bigint AS number FROM grant_rule"
# All deciding of grants goes through one gate: caps, first deeds and streaks are counted by one transaction at a time,
# and as everybody enters it before they lock a grant or an account, no two of them wait for each other in a ring.
GATE = "SELECT pg_advisory_xact_lock(8202611220006)"


async def insert_grant_rule(unit: UnitOfWork, terms: GrantTerms, *, made_by: str, at: datetime) -> GrantRule:
    """Keeps proposed terms under a new number."""
    number = await unit.driver.fetchval(INSERT, str(terms.trigger), _form(terms), made_by, at)
    return GrantRule(number=number, terms=terms, made_by=made_by, made_at=at)


async def find_grant_rule(unit: UnitOfWork, number: int, *, lock: bool = False) -> GrantRule | None:
    """The rule of that number, held until the transaction ends with ``lock``."""
    row = await unit.driver.fetchrow(LOCK if lock else FIND, number)
    return None if row is None else _rule(row)


async def keep_grant_rule(unit: UnitOfWork, rule: GrantRule) -> None:
    """Writes who approved and who ended it; the database refuses the maker and every other change."""
    await unit.driver.execute(
        KEEP, rule.number, rule.approved_by or None, rule.approved_at, rule.ended_by or None, rule.ended_at
    )


async def list_grant_rules(unit: UnitOfWork, *, after: int, limit: int) -> list[GrantRule]:
    """Rules in the order of their numbers."""
    return [_rule(row) for row in await unit.driver.fetch(LIST, after, limit)]


async def approved_grant_rules(unit: UnitOfWork, trigger: ActivityKind) -> list[GrantRule]:
    """All that grant or granted for such deeds, in the order of their numbers; an operator has hundreds of them."""
    return [_rule(row) for row in await unit.driver.fetch(LIVE, str(trigger))]


async def required_grant_rules(unit: UnitOfWork) -> set[int]:
    """The numbers of rules that others wait for."""
    return {row["number"] for row in await unit.driver.fetch(REQUIRED)}


async def enter_gate(unit: UnitOfWork) -> None:
    """Waits for the transaction that decides on grants now, and keeps others out until this one ends."""
    await unit.driver.execute(GATE)


def _form(terms: GrantTerms) -> str:
    shape = terms.shape
    form: dict[str, Any] = {
        "name": terms.name,
        "event_types": terms.event_types,
        "services": terms.services,
        "payee": terms.payee,
        "shape": {
            "kind": shape.kind,
            "step_fen": shape.step_fen,
            "streak": shape.streak,
            "period": shape.period,
            "tiers": [
                [tier.services_from, tier.uses_from, tier.quantity_from, tier.per, tier.shares] for tier in shape.tiers
            ],
        },
        "offer": json.loads(offer_to_json(terms.offer)),
        "trigger": terms.trigger,
        "valid_from": terms.valid_from.isoformat(),
        "valid_to": None if terms.valid_to is None else terms.valid_to.isoformat(),
        "owner_cap": terms.owner_cap,
        "cap_period": terms.cap_period,
        "total_cap": terms.total_cap,
        "requires_rule": terms.requires_rule,
        "claw_back_days": terms.claw_back_days,
    }
    if terms.growth is not None:
        growth = terms.growth
        form["growth"] = {"currency": growth.currency, "least": growth.least, "period": growth.period}
    return json.dumps(form)


def _terms(form: dict[str, Any]) -> GrantTerms:
    shape = form["shape"]
    return GrantTerms(
        name=form["name"],
        trigger=ActivityKind(form["trigger"]),
        event_types=tuple(form["event_types"]),
        services=tuple(form["services"]),
        payee=Payee(form["payee"]),
        shape=GrantShape(
            kind=ShapeKind(shape["kind"]),
            step_fen=shape["step_fen"],
            streak=shape["streak"],
            period=Period(shape["period"]),
            tiers=tuple(
                ShareTier(services_from=services, uses_from=uses, quantity_from=quantity, per=per, shares=shares)
                for services, uses, quantity, per, shares in shape["tiers"]
            ),
        ),
        offer=offer_from_json(form["offer"]),
        valid_from=datetime.fromisoformat(form["valid_from"]),
        valid_to=None if form["valid_to"] is None else datetime.fromisoformat(form["valid_to"]),
        owner_cap=form["owner_cap"],
        cap_period=Period(form["cap_period"]),
        total_cap=form["total_cap"],
        requires_rule=form["requires_rule"],
        claw_back_days=form["claw_back_days"],
        growth=_growth(form.get("growth")),
    )


def _growth(form: dict[str, Any] | None) -> Growth | None:
    if form is None:
        return None
    return Growth(currency=form["currency"], least=form["least"], period=Period(form["period"]))


def _rule(row: asyncpg.Record) -> GrantRule:
    return GrantRule(
        number=row["number"],
        terms=_terms(row["terms"]),
        made_by=row["made_by"],
        made_at=row["made_at"],
        approved_by=row["approved_by"] or "",
        approved_at=row["approved_at"],
        ended_by=row["ended_by"] or "",
        ended_at=row["ended_at"],
    )
