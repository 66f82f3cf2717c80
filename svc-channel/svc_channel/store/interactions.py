"""What was said to robots and answered, a batch at a time, with the counts that reports add up; answers nobody."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.store.handovers import Handover, hand_over

# What the table of replays may grow to is a matter of days: a messenger repeats within minutes.
ROWS_A_SWEEP: Final = 10_000

INSERT = """
INSERT INTO interaction (robot, peer, turn, text, kind, reply, handover_id, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[],
                     $8::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING robot, peer, turn
"""

FETCH = """
SELECT i.robot, i.peer, i.turn, i.kind, i.reply, i.handover_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (robot, peer, turn) JOIN interaction AS i USING (robot, peer, turn)
"""

# In one order for every replica, so that two batches never wait for each other in a ring.
COUNT = """
INSERT INTO interaction_count AS c (day, robot, kind, remark, product, count)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
ON CONFLICT (day, robot, kind, remark, product) DO UPDATE SET count = c.count + excluded.count
"""

REPORT = """
SELECT robot, kind, remark, product, sum(count)::bigint AS count FROM interaction_count
WHERE day BETWEEN $1 AND $2 AND ($3 = '' OR robot = $3) GROUP BY robot, kind, remark, product
"""

FORGET = "DELETE FROM interaction WHERE ctid IN (SELECT ctid FROM interaction WHERE at < $1 LIMIT $2)"

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One message and its answer; ``day`` is the operator's day for the counts."""

    robot: str
    peer: str
    turn: str
    text: str
    kind: str
    reply: str
    remark: str
    product: str
    handover_id: UUID | None
    at: datetime
    day: date

    @property
    def place(self) -> Place:
        """What it is known by."""
        return self.robot, self.peer, self.turn


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """The answer that was given first."""

    kind: str
    reply: str
    handover_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionCount:
    """So many messages of a robot were such and answered so."""

    robot: str
    kind: str
    remark: str
    product: str
    count: int


async def fetch_replies(unit: UnitOfWork, places: Sequence[Place]) -> dict[Place, KeptReply]:
    """The answers that stand."""
    rows = await unit.driver.fetch(FETCH, *([place[at] for place in places] for at in range(3)))
    return {
        (row["robot"], row["peer"], row["turn"]): KeptReply(
            kind=row["kind"], reply=row["reply"], handover_id=row["handover_id"]
        )
        for row in rows
    }


async def book_interactions(unit: UnitOfWork, interactions: Sequence[Interaction]) -> set[Place]:
    """Keeps interactions with their hand-overs and counts; answers the places that were new."""
    ordered = sorted(interactions, key=lambda one: one.place)
    rows = await unit.driver.fetch(
        INSERT,
        [one.robot for one in ordered],
        [one.peer for one in ordered],
        [one.turn for one in ordered],
        [one.text for one in ordered],
        [one.kind for one in ordered],
        [one.reply for one in ordered],
        [one.handover_id for one in ordered],
        [one.at for one in ordered],
    )
    new = {(row["robot"], row["peer"], row["turn"]) for row in rows}
    fresh = [one for one in ordered if one.place in new]
    questions = [
        Handover(id=one.handover_id, robot=one.robot, peer=one.peer, question=one.text, asked_at=one.at)
        for one in fresh
        if one.handover_id is not None
    ]
    await hand_over(unit, questions)
    counts = Counter((one.day, one.robot, one.kind, one.remark, one.product) for one in fresh)
    if counts:
        keys = sorted(counts)
        await unit.driver.execute(COUNT, *([key[at] for key in keys] for at in range(5)), [counts[key] for key in keys])
    return new


async def report_interactions(unit: UnitOfWork, *, first: date, last: date, robot: str) -> list[InteractionCount]:
    """The counts of these days, both within."""
    return [InteractionCount(**row) for row in await unit.driver.fetch(REPORT, first, last, robot)]


async def forget_interactions(unit: UnitOfWork, *, before: datetime) -> int:
    """Drops interactions that no messenger repeats any more; their counts stay. How many rows."""
    status = await unit.driver.execute(FORGET, before, ROWS_A_SWEEP)
    return int(status.rsplit(" ", 1)[-1])
