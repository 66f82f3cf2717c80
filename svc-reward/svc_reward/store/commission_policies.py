"""Keeps policies and the counters of what they have priced; it must not choose between them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_policy import Policy, PolicyTerms, Tier
from svc_reward.domain.commission_pricing import Counter, CounterKey

INSERT = """
INSERT INTO commission_policy (affiliate_kind, commission_kind, affiliate_id, service, valid_from, valid_to,
    volume_from, use_months, flat_fen, share_myriad, monthly_cap_fen, holding_days, beyond_matrix, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING number
"""
LOCK = "SELECT * FROM commission_policy WHERE number = $1 FOR NO KEY UPDATE"
APPROVE = "UPDATE commission_policy SET approved_by = $2, approved_at = $3 WHERE number = $1"
LIST = "SELECT * FROM commission_policy WHERE number > $1 ORDER BY number LIMIT $2"
APPROVED = "SELECT * FROM commission_policy WHERE approved_by IS NOT NULL ORDER BY number"
COUNTERS = """
SELECT affiliate_id, policy, month, events, amount_fen FROM commission_counter WHERE affiliate_id = ANY($1::text[])
"""
KEEP_COUNTERS = """
INSERT INTO commission_counter (affiliate_id, policy, month, events, amount_fen)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[])
ON CONFLICT (affiliate_id, policy, month) DO UPDATE SET events = excluded.events, amount_fen = excluded.amount_fen
"""


async def insert_policy(unit: UnitOfWork, terms: PolicyTerms, *, made_by: str, at: datetime) -> Policy:
    """Keeps proposed terms under a new number."""
    number = await unit.driver.fetchval(
        INSERT,
        str(terms.affiliate_kind),
        str(terms.commission_kind),
        terms.affiliate_id,
        terms.service,
        terms.valid_from,
        terms.valid_to,
        [tier.volume_from for tier in terms.tiers],
        [tier.use_months for tier in terms.tiers],
        [tier.flat_fen for tier in terms.tiers],
        [tier.share_myriad for tier in terms.tiers],
        terms.monthly_cap_fen,
        terms.holding_days,
        terms.beyond_matrix,
        made_by,
        at,
    )
    return Policy(number=number, terms=terms, made_by=made_by, made_at=at, approved_by="", approved_at=None)


async def lock_policy(unit: UnitOfWork, number: int) -> Policy | None:
    """The policy of that number, held until the transaction ends."""
    row = await unit.driver.fetchrow(LOCK, number)
    return None if row is None else _to_policy(row)


async def approve_policy(unit: UnitOfWork, number: int, *, approved_by: str, at: datetime) -> None:
    """Writes who has approved; the database refuses the maker."""
    await unit.driver.execute(APPROVE, number, approved_by, at)


async def list_policies(unit: UnitOfWork, *, after: int, limit: int) -> list[Policy]:
    """Policies in the order of their numbers."""
    return [_to_policy(row) for row in await unit.driver.fetch(LIST, after, limit)]


async def approved_policies(unit: UnitOfWork) -> list[Policy]:
    """All that pay or paid; an operator has hundreds."""
    return [_to_policy(row) for row in await unit.driver.fetch(APPROVED)]


async def read_counters(unit: UnitOfWork, affiliate_ids: Iterable[str]) -> dict[CounterKey, Counter]:
    """Where the affiliates' months stand; their rows must be locked."""
    rows = await unit.driver.fetch(COUNTERS, list(affiliate_ids))
    return {CounterKey(row[0], row[1], row[2]): Counter(events=row[3], amount_fen=row[4]) for row in rows}


async def keep_counters(unit: UnitOfWork, counters: Mapping[CounterKey, Counter]) -> None:
    """Writes the counters that have moved."""
    if counters:
        affiliates, policies, months = zip(*counters, strict=True)
        events = [counter.events for counter in counters.values()]
        amounts = [counter.amount_fen for counter in counters.values()]
        await unit.driver.execute(KEEP_COUNTERS, list(affiliates), list(policies), list(months), events, amounts)


def _to_policy(row: asyncpg.Record) -> Policy:
    tiers = zip(row["volume_from"], row["use_months"], row["flat_fen"], row["share_myriad"], strict=True)
    terms = PolicyTerms(
        affiliate_kind=AffiliateKind(row["affiliate_kind"]),
        commission_kind=CommissionKind(row["commission_kind"]),
        affiliate_id=row["affiliate_id"],
        service=row["service"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        tiers=tuple(
            Tier(volume_from=volume, use_months=months, flat_fen=flat, share_myriad=share)
            for volume, months, flat, share in tiers
        ),
        monthly_cap_fen=row["monthly_cap_fen"],
        holding_days=row["holding_days"],
        beyond_matrix=row["beyond_matrix"],
    )
    return Policy(
        number=row["number"],
        terms=terms,
        made_by=row["made_by"],
        made_at=row["made_at"],
        approved_by=row["approved_by"] or "",
        approved_at=row["approved_at"],
    )
