"""Reads what is to be sealed or proved, and keeps the chain; it must not compute a hash.

A content is JSON text that PostgreSQL writes, the same for the sealer and for the proof: every column of the transfer,
and for each leg every column of the entry and of its account. Times are microseconds of the epoch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.chain import ChainHead, Content

_HEADER = """
json_build_array(transfer.number, transfer.id, encode(transfer.digest, 'hex'), transfer.currency, transfer.legs,
    transfer.reason, (extract(epoch FROM transfer.booked_at) * 1000000)::bigint)::text
"""
_LEGS = """
ARRAY(
    SELECT json_build_array(entry.transfer, entry.leg, entry.account, account.kind, account.owner, account.currency,
        (extract(epoch FROM account.opened_at) * 1000000)::bigint, entry.sequence, entry.amount, entry.balance_after,
        (extract(epoch FROM entry.booked_at) * 1000000)::bigint)::text
    FROM entry LEFT JOIN account ON account.number = entry.account
    WHERE entry.transfer = {number} ORDER BY entry.leg)
"""

HEAD = "SELECT position, link, floor, watched, watched_until, highest FROM chain_head"
LOCK_HEAD = f"{HEAD} FOR UPDATE"

# What runs is asked of the same snapshot that sees the transfers.
UNSEALED = f"""
SELECT transfer.number, {_HEADER} AS header, {_LEGS.format(number="transfer.number")} AS legs,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_running,
       pg_current_xact_id()::text::bigint AS own_transaction
FROM transfer
WHERE transfer.number > $1
  AND NOT EXISTS (SELECT FROM chain_link WHERE chain_link.transfer = transfer.number)
ORDER BY transfer.number
LIMIT $2
"""  # noqa: S608 -- the columns are ours

# One statement: no link without its head.
SEAL = """
WITH moved AS (
    UPDATE chain_head SET position = $1, link = $2, floor = $3, watched = $4, watched_until = $5, highest = $6
)
INSERT INTO chain_link (position, transfer, links)
SELECT position, transfer, links FROM unnest($7::bigint[], $8::bigint[], $9::bytea[]) AS new (position, transfer, links)
"""

SEALED = f"""
SELECT chain_link.position, chain_link.links, chain_link.transfer AS number,
       CASE WHEN transfer.number IS NOT NULL THEN {_HEADER} END AS header,
       {_LEGS.format(number="chain_link.transfer")} AS legs
FROM chain_link LEFT JOIN transfer ON transfer.number = chain_link.transfer
WHERE chain_link.position > $1
ORDER BY chain_link.position
LIMIT $2
"""  # noqa: S608 -- the columns are ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """Transfers without a link, by number, and the transactions that ran when they were read."""

    contents: list[Content]
    oldest_running: int
    own_transaction: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A transfer as it is now, and the links that were made of it."""

    position: int
    links: bytes
    content: Content


async def lock_head(unit: UnitOfWork) -> ChainHead:
    """The chain's end, held until the transaction ends: there is one sealer at a time."""
    return ChainHead(**(await _one_row(unit, LOCK_HEAD)))


async def read_head(unit: UnitOfWork) -> ChainHead:
    """The chain's end."""
    return ChainHead(**(await _one_row(unit, HEAD)))


async def find_unsealed(unit: UnitOfWork, head: ChainHead, limit: int) -> Unsealed:
    """At most ``limit`` of them, the lowest numbers first."""
    rows = await unit.driver.fetch(UNSEALED, head.floor, limit)
    return Unsealed(
        contents=[_content(row) for row in rows],
        oldest_running=rows[0]["oldest_running"] if rows else 0,
        own_transaction=rows[0]["own_transaction"] if rows else 0,
    )


async def seal(unit: UnitOfWork, head: ChainHead, transfers: Sequence[int], links: Sequence[bytes]) -> None:
    """Adds the links that end at ``head``; the head must be locked in this transaction."""
    first = head.position - len(links) + 1
    await unit.driver.execute(
        SEAL,
        head.position,
        head.link,
        head.floor,
        head.watched,
        head.watched_until,
        head.highest,
        list(range(first, head.position + 1)),
        transfers,
        links,
    )


async def list_sealed(unit: UnitOfWork, *, after: int, limit: int) -> list[Sealed]:
    """At most ``limit`` links by position, each with its transfer as it is now."""
    return [
        Sealed(position=row["position"], links=row["links"], content=_content(row))
        for row in await unit.driver.fetch(SEALED, after, limit)
    ]


def _content(row: asyncpg.Record) -> Content:
    return Content(transfer=row["number"], header=row["header"], legs=tuple(row["legs"]))


async def _one_row(unit: UnitOfWork, statement: str) -> asyncpg.Record:
    (row,) = await unit.driver.fetch(statement)
    return row
