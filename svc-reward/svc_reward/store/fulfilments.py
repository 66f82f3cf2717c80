"""Keeps items that cities hand over, and their history; it must not decide what may become of one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.fulfilment import Fulfilment, FulfilmentKind, FulfilmentState, Funding, Step, StepTaken

COLUMNS = (
    "id", "report", "source", "kind", "subscriber_id", "prize", "name", "quantity", "amount_fen", "funding", "issued_city",
    "city", "state", "attempt", "reported_by", "verified_by", "reference", "reason", "changed_at",
)  # fmt: skip
SELECT = """
SELECT id, report, source, kind, subscriber_id, prize, name, quantity, amount_fen, funding, city, state, attempt,
       reported_by, verified_by, reference, reason, changed_at
FROM fulfilment
"""
FIND = f"{SELECT} WHERE id = $1"
LOCK = f"{FIND} FOR NO KEY UPDATE"
FIND_SOURCE = f"{SELECT} WHERE source = $1"
LIST = f"""
{SELECT} WHERE report = $1 AND id > $2 AND ($3::text IS NULL OR city = $3) AND ($4::text IS NULL OR state = $4)
ORDER BY id LIMIT $5
"""
SAVE = """
UPDATE fulfilment SET city = $2, state = $3, attempt = $4, reported_by = $5, verified_by = $6, reference = $7,
    reason = $8, changed_at = $9
WHERE id = $1
"""
LOCK_CITY = f"""
{SELECT} WHERE report = $1 AND city = $2 AND state = $3 AND ($4::text IS NULL OR prize = $4) AND kind = ANY($5::text[])
    AND reported_by <> $6
ORDER BY id LIMIT $7 FOR NO KEY UPDATE
"""
PLACE = """
UPDATE fulfilment SET city = placed.city, issued_city = placed.city
FROM unnest($1::uuid[], $2::text[]) AS placed (id, city)
WHERE fulfilment.id = placed.id AND fulfilment.city IS NULL
RETURNING fulfilment.report
"""
LIST_UNPLACED = """
SELECT id, subscriber_id FROM fulfilment WHERE city IS NULL ORDER BY id LIMIT $1
"""
ADD_STEP = """
INSERT INTO fulfilment_step (fulfilment, number, step, state, taken_by, taken_at, note)
SELECT $1, 1 + coalesce(max(number), 0), $2, $3, $4, $5, $6 FROM fulfilment_step WHERE fulfilment = $1
"""
STEP_COLUMNS = ("fulfilment", "number", "step", "state", "taken_by", "taken_at", "note")
STEPS = """
SELECT number, step, state, taken_by AS by, taken_at AS at, note FROM fulfilment_step WHERE fulfilment = $1 ORDER BY number
"""


async def insert_items(unit: UnitOfWork, items: Sequence[Fulfilment]) -> None:
    """Keeps new items, each with the first line of its history."""
    records = [
        (
            item.id,
            item.report_id,
            item.source,
            str(item.kind),
            item.subscriber_id,
            item.prize,
            item.name,
            item.quantity,
            item.amount_fen,
            str(item.funding),
            item.city,
            item.city,
            str(item.state),
            item.attempt,
            item.reported_by,
            item.verified_by,
            item.reference,
            item.reason,
            item.changed_at,
        )
        for item in items
    ]
    await unit.driver.copy_records_to_table("fulfilment", records=records, columns=COLUMNS)
    steps = [(item.id, 1, str(Step.REPORT), str(item.state), item.reported_by, item.changed_at, "") for item in items]
    await unit.driver.copy_records_to_table("fulfilment_step", records=steps, columns=STEP_COLUMNS)


async def find_item(unit: UnitOfWork, item_id: UUID, *, for_change: bool = False) -> Fulfilment | None:
    """The item of that id, with ``for_change`` held until the transaction ends."""
    return _item(await unit.driver.fetchrow(LOCK if for_change else FIND, item_id))


async def find_item_of(unit: UnitOfWork, source: str) -> Fulfilment | None:
    """The item by which that source is handed over, if a report has it."""
    return _item(await unit.driver.fetchrow(FIND_SOURCE, source))


async def list_items(
    unit: UnitOfWork, report_id: UUID, *, city: str | None, state: FulfilmentState | None, after: UUID, limit: int
) -> list[Fulfilment]:
    """Items behind that id, of one city and in one state or of all."""
    rows = await unit.driver.fetch(LIST, report_id, after, city, state, limit)
    return [item for item in map(_item, rows) if item is not None]


async def save_item(unit: UnitOfWork, item: Fulfilment, *, step: Step, by: str, note: str) -> None:
    """Keeps what has become of an item that is locked in this transaction, and a line of its history."""
    await unit.driver.execute(SAVE, *_standing(item))
    await unit.driver.execute(ADD_STEP, item.id, step, item.state, by, item.changed_at, note)


async def lock_city(
    unit: UnitOfWork,
    report_id: UUID,
    *,
    city: str,
    state: FulfilmentState,
    prize: str | None,
    kinds: Sequence[FulfilmentKind],
    not_by: str,
    limit: int,
) -> list[Fulfilment]:
    """Items of a city in that state that somebody else than ``not_by`` reported, held until the transaction ends."""
    rows = await unit.driver.fetch(LOCK_CITY, report_id, city, state, prize, kinds, not_by, limit)
    return [item for item in map(_item, rows) if item is not None]


async def save_items(unit: UnitOfWork, items: Sequence[Fulfilment], *, step: Step, by: str, note: str) -> None:
    """The same as ``save_item`` for many, in two round trips."""
    await unit.driver.executemany(SAVE, [_standing(item) for item in items])
    taken = [(item.id, step, item.state, by, item.changed_at, note) for item in items]
    await unit.driver.executemany(ADD_STEP, taken)


async def list_steps(unit: UnitOfWork, item_id: UUID) -> list[StepTaken]:
    """The item's history from its beginning."""
    return [
        StepTaken(**(dict(row) | {"step": Step(row["step"]), "state": FulfilmentState(row["state"])}))
        for row in await unit.driver.fetch(STEPS, item_id)
    ]


async def list_unplaced(unit: UnitOfWork, *, limit: int) -> list[tuple[UUID, int]]:
    """Items and their subscribers whose city is open, the oldest first."""
    return [(UUID(str(one)), subscriber) for one, subscriber in await unit.driver.fetch(LIST_UNPLACED, limit)]


async def place_items(unit: UnitOfWork, cities: Mapping[UUID, str]) -> set[UUID]:
    """Writes the cities of items where they are open; answers the reports that these are of."""
    rows = await unit.driver.fetch(PLACE, list(cities), list(cities.values()))
    return {UUID(str(row["report"])) for row in rows}


def _standing(item: Fulfilment) -> tuple[object, ...]:
    """The values of SAVE."""
    people = (item.reported_by, item.verified_by)
    return item.id, item.city, item.state, item.attempt, *people, item.reference, item.reason, item.changed_at


def _item(row: asyncpg.Record | None) -> Fulfilment | None:
    if row is None:
        return None
    changed_at: datetime = row["changed_at"]
    return Fulfilment(
        id=UUID(str(row["id"])),
        report_id=UUID(str(row["report"])),
        source=row["source"],
        kind=FulfilmentKind(row["kind"]),
        subscriber_id=row["subscriber_id"],
        prize=row["prize"],
        name=row["name"],
        quantity=row["quantity"],
        amount_fen=row["amount_fen"],
        funding=Funding(row["funding"]),
        city=row["city"],
        state=FulfilmentState(row["state"]),
        attempt=row["attempt"],
        reported_by=row["reported_by"],
        changed_at=changed_at,
        verified_by=row["verified_by"],
        reference=row["reference"],
        reason=row["reason"],
    )
