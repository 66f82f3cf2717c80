"""Keeps draws and their winners; it must not decide what a draw may become."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.draw import Draw, DrawState, Frozen
from svc_reward.domain.draw_proof import PublicWin
from svc_reward.domain.draw_rule import read_rule
from svc_reward.domain.draw_winner import Winner

COLUMNS = """
id, rule, branch, maker, salt, state, opener, commitment, entrants, tickets, root, contributor, second_seed, revealer,
first_seed, void_reason, changed_at
"""
INSERT = f"""
INSERT INTO draw ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""  # noqa: S608 -- the columns are above
# Rule, branch, maker and salt stay; they are named in the order of the insert's values.
SAVE = """
UPDATE draw SET state = $2, opener = $3, commitment = $4, entrants = $5, tickets = $6, root = $7, contributor = $8,
    second_seed = $9, revealer = $10, first_seed = $11, void_reason = $12, changed_at = $13
WHERE id = $1
"""
READ = f"SELECT {COLUMNS} FROM draw WHERE id = $1"  # noqa: S608 -- the columns are above
# Entries hold the draw shared, so a change of its state waits for those on their way, and the next ones see it.
SHARE = f"{READ} FOR SHARE"
LOCK = f"{READ} FOR NO KEY UPDATE"
COMMITTED = "SELECT EXISTS (SELECT FROM draw WHERE commitment = $1)"

ADD_WINNERS = """
INSERT INTO draw_winner (draw, award, prize, position, token, subscriber, currency, amount, payment)
SELECT $1, won.award, won.prize, won.position, draw_entrant.token, draw_entrant.subscriber, won.currency, won.amount,
       CASE WHEN won.currency IS NULL THEN '' ELSE 'PENDING' END
FROM unnest($2::integer[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
    AS won (award, prize, position, currency, amount)
JOIN draw_entrant ON draw_entrant.draw = $1 AND draw_entrant.position = won.position
"""
LIST_WINNERS = """
SELECT award, prize, position, token, subscriber, currency, amount, payment FROM draw_winner
WHERE draw = $1 AND award > $2 ORDER BY award LIMIT $3
"""
LIST_UNPAID = """
SELECT award, prize, position, token, subscriber, currency, amount, payment FROM draw_winner
WHERE draw = $1 AND award > $2 AND payment NOT IN ('', 'POSTED') ORDER BY award LIMIT $3
"""
LIST_WINS = """
SELECT award, prize, position, token, subscriber, currency, amount, payment FROM draw_winner
WHERE draw = $1 AND position = $2 ORDER BY award
"""
NOTE_PAYMENTS = """
UPDATE draw_winner SET payment = made.payment
FROM unnest($2::integer[], $3::text[]) AS made (award, payment)
WHERE draw_winner.draw = $1 AND draw_winner.award = made.award
"""
PUBLIC_WINS = "SELECT award, prize, position, token FROM draw_winner WHERE draw = $1 ORDER BY award"


async def insert_draw(unit: UnitOfWork, draw: Draw) -> None:
    """Keeps a new draw."""
    rule = (draw.rule.text().decode(), draw.branch, draw.maker, draw.salt)
    number, *standing = _standing(draw)
    await unit.driver.execute(INSERT, number, *rule, *standing)


async def save_draw(unit: UnitOfWork, draw: Draw) -> None:
    """Keeps what has changed of a draw that is locked in this transaction."""
    await unit.driver.execute(SAVE, *_standing(draw))


async def read_draw(unit: UnitOfWork, draw_id: str) -> Draw | None:
    """The draw as it stands, None when there is none of that id."""
    return _draw(await unit.driver.fetchrow(READ, uuid.UUID(draw_id)))


async def share_draw(unit: UnitOfWork, draw_id: str) -> Draw | None:
    """The same, and its state stays what it is until the transaction ends."""
    return _draw(await unit.driver.fetchrow(SHARE, uuid.UUID(draw_id)))


async def lock_draw(unit: UnitOfWork, draw_id: str) -> Draw | None:
    """The same, and nobody adds entries or changes it until the transaction ends."""
    return _draw(await unit.driver.fetchrow(LOCK, uuid.UUID(draw_id)))


async def is_committed(unit: UnitOfWork, commitment: bytes) -> bool:
    """Whether any draw stands under that commitment."""
    return bool(await unit.driver.fetchval(COMMITTED, commitment))


async def add_winners(unit: UnitOfWork, draw: Draw, winners: Sequence[tuple[int, str, int]]) -> None:
    """Keeps (award, prize, position) of each winner, with who that is and what the ledger has to pay."""
    points = {prize.code: prize.points for prize in draw.rule.prizes}
    paid = [points[prize] for _, prize, _ in winners]
    await unit.driver.execute(
        ADD_WINNERS,
        uuid.UUID(draw.rule.draw_id),
        [award for award, _, _ in winners],
        [prize for _, prize, _ in winners],
        [position for _, _, position in winners],
        [one.currency if one else None for one in paid],
        [one.amount if one else None for one in paid],
    )


async def list_winners(
    unit: UnitOfWork, draw_id: str, *, after: int, limit: int, unpaid_only: bool = False
) -> list[Winner]:
    """Winners behind that award, in the order of the awards."""
    statement = LIST_UNPAID if unpaid_only else LIST_WINNERS
    return [_winner(row) for row in await unit.driver.fetch(statement, uuid.UUID(draw_id), after, limit)]


async def list_wins(unit: UnitOfWork, draw_id: str, position: int) -> list[Winner]:
    """What one entrant won."""
    return [_winner(row) for row in await unit.driver.fetch(LIST_WINS, uuid.UUID(draw_id), position)]


async def note_payments(unit: UnitOfWork, draw_id: str, payments: Sequence[tuple[int, str]]) -> None:
    """Keeps what the ledger has made of awards."""
    awards, results = [award for award, _ in payments], [result for _, result in payments]
    await unit.driver.execute(NOTE_PAYMENTS, uuid.UUID(draw_id), awards, results)


async def public_wins(unit: UnitOfWork, draw_id: str) -> list[PublicWin]:
    """All winners as everybody may see them."""
    return [
        PublicWin(award=award, prize=prize, entrant=position, token=token)
        for award, prize, position, token in await unit.driver.fetch(PUBLIC_WINS, uuid.UUID(draw_id))
    ]


def _standing(draw: Draw) -> tuple[Any, ...]:
    """The values of SAVE."""
    frozen = draw.frozen
    return (
        uuid.UUID(draw.rule.draw_id),
        str(draw.state),
        draw.opener,
        draw.commitment or None,
        frozen.entrants if frozen else None,
        frozen.tickets if frozen else None,
        frozen.root if frozen else None,
        draw.contributor,
        draw.second_seed or None,
        draw.revealer,
        draw.first_seed or None,
        draw.void_reason,
        draw.changed_at,
    )


def _draw(row: asyncpg.Record | None) -> Draw | None:
    if row is None:
        return None
    frozen = None
    if row["root"] is not None:
        frozen = Frozen(entrants=row["entrants"], tickets=row["tickets"], root=row["root"])
    return Draw(
        rule=read_rule(json.loads(row["rule"])),
        branch=row["branch"],
        maker=row["maker"],
        salt=row["salt"],
        state=DrawState(row["state"]),
        opener=row["opener"],
        commitment=row["commitment"] or b"",
        frozen=frozen,
        contributor=row["contributor"],
        second_seed=row["second_seed"] or b"",
        revealer=row["revealer"],
        first_seed=row["first_seed"] or b"",
        void_reason=row["void_reason"],
        changed_at=row["changed_at"].astimezone(UTC),
    )


def _winner(row: asyncpg.Record) -> Winner:
    return Winner(
        award=row["award"],
        prize=row["prize"],
        subscriber_id=row["subscriber"],
        token=row["token"],
        currency=row["currency"] or "",
        amount=row["amount"] or 0,
        payment=row["payment"],
    )
