"""Keeps affiliates and their links; it must not decide anything."""

from collections.abc import Sequence

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.affiliate import Affiliate, AffiliateKind, AffiliateLink

INSERT = """
INSERT INTO affiliate (id, kind, name, branch, registered_by, registered_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING RETURNING true
"""
FIND = "SELECT id, kind, name, branch, registered_by, registered_at FROM affiliate WHERE id = $1"
# In the order of their ids, so that two who lock the same affiliates wait for each other and never in a ring.
LOCK = "SELECT id, kind FROM affiliate WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE"
INSERT_LINK = (
    "INSERT INTO affiliate_link (token, affiliate_id, service, target, created_at) VALUES ($1, $2, $3, $4, $5)"
)
FIND_LINK = "SELECT token, affiliate_id, service, target, created_at FROM affiliate_link WHERE token = $1"


async def insert_affiliate(unit: UnitOfWork, affiliate: Affiliate) -> bool:
    """Whether it is kept; False when its id is taken."""
    return bool(
        await unit.driver.fetchval(
            INSERT,
            affiliate.id,
            str(affiliate.kind),
            affiliate.name,
            affiliate.branch,
            affiliate.registered_by,
            affiliate.registered_at,
        )
    )


async def find_affiliate(unit: UnitOfWork, affiliate_id: str) -> Affiliate | None:
    """The affiliate of that id."""
    row = await unit.driver.fetchrow(FIND, affiliate_id)
    return None if row is None else _to_affiliate(row)


async def lock_affiliates(unit: UnitOfWork, affiliate_ids: Sequence[str]) -> dict[str, AffiliateKind]:
    """Their kinds by id; held until the transaction ends, so that one at a time moves an affiliate's counters."""
    rows = await unit.driver.fetch(LOCK, affiliate_ids)
    return {row["id"]: AffiliateKind(row["kind"]) for row in rows}


async def insert_link(unit: UnitOfWork, link: AffiliateLink) -> None:
    """Keeps a new link."""
    await unit.driver.execute(INSERT_LINK, link.token, link.affiliate_id, link.service, link.target, link.created_at)


async def find_link(unit: UnitOfWork, token: str) -> AffiliateLink | None:
    """The link of that token."""
    row = await unit.driver.fetchrow(FIND_LINK, token)
    return None if row is None else AffiliateLink(**dict(row))


def _to_affiliate(row: asyncpg.Record) -> Affiliate:
    return Affiliate(**(dict(row) | {"kind": AffiliateKind(row["kind"])}))
