"""Keeps codes and referrals; it must not judge them."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.referral import Referral, ReferralState

# Whoever may begin or complete a referral holds this lock: a friend who is recommended while the own order comes in
# would else be seen by neither side, two referrals at once could close a circle, and two followers that pay friends in
# opposite orders could wait for one another. "referral" in ASCII.
REFERRALS_LOCK = 0x726566657272616C
LOCK = "SELECT pg_advisory_xact_lock($1)"

ADD_CODE = """
INSERT INTO referral_code (code, programme, subscriber_id, issued_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING code
"""
OWN_CODE = "SELECT code FROM referral_code WHERE programme = $1 AND subscriber_id = $2"
FIND_CODE = "SELECT programme, subscriber_id, issued_at FROM referral_code WHERE code = $1"

INSERT = """
INSERT INTO referral (programme, referrer_id, friend_id, friend_hint, recommended_at, counts_from, counts_until, state,
    lucky_code, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '') RETURNING number
"""
STANDING = "SELECT * FROM referral WHERE programme = $1 AND friend_id = $2 AND state IN ('open', 'completed')"
# Up from the referrer: a friend has one standing referral a programme, so this is a line, and it ends.
CHAIN = """
WITH RECURSIVE chain AS (
    SELECT referral.*, 1 AS depth FROM referral
    WHERE programme = $1 AND friend_id = $2 AND state IN ('open', 'completed')
    UNION ALL
    SELECT referral.*, chain.depth + 1 FROM chain JOIN referral
        ON referral.programme = $1 AND referral.friend_id = chain.referrer_id
        AND referral.state IN ('open', 'completed')
)
SELECT * FROM chain ORDER BY depth
"""
FRIENDS = """
SELECT count(*) FROM referral
WHERE programme = $1 AND referrer_id = $2 AND (state = 'completed' OR (state = 'open' AND counts_until > $3))
"""
OPEN = "SELECT * FROM referral WHERE friend_id = ANY($1::bigint[]) AND state = 'open' ORDER BY number"
KEEP = """
UPDATE referral SET state = new.state, completed_at = new.completed_at, lucky_code = new.lucky_code,
    entry = new.entry
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])
    AS new (number, state, completed_at, lucky_code, entry)
WHERE referral.number = new.number
"""
LIST = "SELECT * FROM referral WHERE referrer_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3"


async def lock_referrals(unit: UnitOfWork) -> None:
    """Holds all beginnings and completions of others until the transaction ends."""
    await unit.driver.execute(LOCK, REFERRALS_LOCK)


async def add_code(unit: UnitOfWork, code: str, *, programme: int, subscriber_id: int, at: datetime) -> bool:
    """Whether the code is new; False when it stands already, or the subscriber has another."""
    return await unit.driver.fetchval(ADD_CODE, code, programme, subscriber_id, at) is not None


async def own_code(unit: UnitOfWork, *, programme: int, subscriber_id: int) -> str | None:
    """The code that the subscriber gives out."""
    code: str | None = await unit.driver.fetchval(OWN_CODE, programme, subscriber_id)
    return code


async def find_code(unit: UnitOfWork, code: str) -> tuple[int, int, datetime] | None:
    """Programme, referrer and moment of issue."""
    row = await unit.driver.fetchrow(FIND_CODE, code)
    return (row["programme"], row["subscriber_id"], row["issued_at"]) if row else None


async def insert_referral(unit: UnitOfWork, referral: Referral) -> int:
    """Keeps a new one; its number."""
    number: int = await unit.driver.fetchval(
        INSERT,
        referral.programme,
        referral.referrer_id,
        referral.friend_id,
        referral.friend_hint,
        referral.recommended_at,
        referral.counts_from,
        referral.counts_until,
        str(referral.state),
    )
    return number


async def standing_referral(unit: UnitOfWork, *, programme: int, friend_id: int) -> Referral | None:
    """The one open or completed referral of that friend."""
    row = await unit.driver.fetchrow(STANDING, programme, friend_id)
    return None if row is None else to_referral(row)


async def referral_chain(unit: UnitOfWork, *, programme: int, referrer_id: int) -> list[Referral]:
    """Who brought the referrer, who brought those, and so on, as far up as there is somebody."""
    return [to_referral(row) for row in await unit.driver.fetch(CHAIN, programme, referrer_id)]


async def count_friends(unit: UnitOfWork, *, programme: int, referrer_id: int, at: datetime) -> int:
    """How many friends the referrer has, completed or not overdue."""
    return int(await unit.driver.fetchval(FRIENDS, programme, referrer_id, at))


async def open_referrals(unit: UnitOfWork, friend_ids: Sequence[int]) -> list[Referral]:
    """The open referrals of those friends in all programmes; the referrals must be locked."""
    return [to_referral(row) for row in await unit.driver.fetch(OPEN, list(friend_ids))]


async def keep_referrals(unit: UnitOfWork, referrals: Sequence[Referral]) -> None:
    """Writes what became of them."""
    await unit.driver.execute(
        KEEP,
        [referral.number for referral in referrals],
        [str(referral.state) for referral in referrals],
        [referral.completed_at for referral in referrals],
        [referral.lucky_code for referral in referrals],
        [referral.entry for referral in referrals],
    )


async def list_referrals(unit: UnitOfWork, *, referrer_id: int, before: int, limit: int) -> list[Referral]:
    """A referrer's, the newest first."""
    return [to_referral(row) for row in await unit.driver.fetch(LIST, referrer_id, before, limit)]


def to_referral(row: asyncpg.Record) -> Referral:
    """The referral of a whole row."""
    return Referral(
        number=row["number"],
        programme=row["programme"],
        referrer_id=row["referrer_id"],
        friend_id=row["friend_id"],
        friend_hint=row["friend_hint"],
        recommended_at=row["recommended_at"],
        counts_from=row["counts_from"],
        counts_until=row["counts_until"],
        state=ReferralState(row["state"]),
        completed_at=row["completed_at"],
        lucky_code=row["lucky_code"],
        entry=row["entry"],
    )
