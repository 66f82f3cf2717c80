"""Keeps referral programmes; it must not choose between them."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.referral_programme import Programme, ProgrammeTerms
from svc_reward.store.reward_forms import offer_from_json, offer_to_json

INSERT = """
INSERT INTO referral_programme (name, campaign_id, services, needs_activation, event_types, user_attribute,
    referrer_must_use, valid_from, valid_to, window_days, late_days, max_friends, referrer_offer, friend_offer,
    draw_id, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING number
"""
READ = "SELECT * FROM referral_programme WHERE number = $1"
LOCK = f"{READ} FOR NO KEY UPDATE"
READ_ALL = "SELECT * FROM referral_programme WHERE number = ANY($1::bigint[])"
APPROVE = "UPDATE referral_programme SET approved_by = $2, approved_at = $3 WHERE number = $1"
END = "UPDATE referral_programme SET ended_by = $2, ended_at = $3 WHERE number = $1"
LIST = "SELECT * FROM referral_programme WHERE number > $1 ORDER BY number LIMIT $2"
# Of proposed ones too: what is done before the approval tells who was a user.
RECOMMENDED = "SELECT EXISTS (SELECT FROM referral_programme WHERE services @> ARRAY[$1::text])"
ASKED = "SELECT DISTINCT unnest(event_types) FROM referral_programme"


async def insert_programme(unit: UnitOfWork, terms: ProgrammeTerms, *, made_by: str, at: datetime) -> Programme:
    """Keeps proposed terms under a new number."""
    number = await unit.driver.fetchval(INSERT, *_columns(terms), made_by, at)
    return Programme(number=number, terms=terms, made_by=made_by, made_at=at, approved_by="", approved_at=None)


async def read_programme(unit: UnitOfWork, number: int) -> Programme | None:
    """The programme of that number."""
    row = await unit.driver.fetchrow(READ, number)
    return None if row is None else _to_programme(row)


async def lock_programme(unit: UnitOfWork, number: int) -> Programme | None:
    """The same, held until the transaction ends."""
    row = await unit.driver.fetchrow(LOCK, number)
    return None if row is None else _to_programme(row)


async def read_programmes(unit: UnitOfWork, numbers: Sequence[int]) -> dict[int, Programme]:
    """Those of the numbers that there are."""
    rows = await unit.driver.fetch(READ_ALL, list(numbers))
    return {row["number"]: _to_programme(row) for row in rows}


async def approve_programme(unit: UnitOfWork, number: int, *, approved_by: str, at: datetime) -> None:
    """Writes who has approved; the database refuses the maker."""
    await unit.driver.execute(APPROVE, number, approved_by, at)


async def end_programme(unit: UnitOfWork, number: int, *, ended_by: str, at: datetime) -> None:
    """Writes who has ended it, once for ever."""
    await unit.driver.execute(END, number, ended_by, at)


async def list_programmes(unit: UnitOfWork, *, after: int, limit: int) -> list[Programme]:
    """Programmes in the order of their numbers."""
    return [_to_programme(row) for row in await unit.driver.fetch(LIST, after, limit)]


async def is_recommended(unit: UnitOfWork, service: str) -> bool:
    """Whether any programme recommends the service."""
    return bool(await unit.driver.fetchval(RECOMMENDED, service))


async def asked_event_types(unit: UnitOfWork) -> frozenset[str]:
    """The events that any programme asks for; an operator has dozens of programmes."""
    return frozenset(row[0] for row in await unit.driver.fetch(ASKED))


def _columns(terms: ProgrammeTerms) -> tuple[Any, ...]:
    return (
        terms.name,
        terms.campaign_id,
        list(terms.services),
        terms.needs_activation,
        list(terms.event_types),
        terms.user_attribute,
        terms.referrer_must_use,
        terms.valid_from,
        terms.valid_to,
        terms.window_days,
        terms.late_days,
        terms.max_friends,
        offer_to_json(terms.referrer_offer) if terms.referrer_offer else None,
        offer_to_json(terms.friend_offer) if terms.friend_offer else None,
        uuid.UUID(terms.draw_id) if terms.draw_id else None,
    )


def _to_programme(row: asyncpg.Record) -> Programme:
    terms = ProgrammeTerms(
        name=row["name"],
        campaign_id=row["campaign_id"],
        services=tuple(row["services"]),
        needs_activation=row["needs_activation"],
        event_types=tuple(row["event_types"]),
        user_attribute=row["user_attribute"],
        referrer_must_use=row["referrer_must_use"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        window_days=row["window_days"],
        late_days=row["late_days"],
        max_friends=row["max_friends"],
        referrer_offer=offer_from_json(row["referrer_offer"]) if row["referrer_offer"] else None,
        friend_offer=offer_from_json(row["friend_offer"]) if row["friend_offer"] else None,
        draw_id=str(row["draw_id"]) if row["draw_id"] else "",
    )
    return Programme(
        number=row["number"],
        terms=terms,
        made_by=row["made_by"],
        made_at=row["made_at"],
        approved_by=row["approved_by"] or "",
        approved_at=row["approved_at"],
        ended_by=row["ended_by"] or "",
        ended_at=row["ended_at"],
    )
