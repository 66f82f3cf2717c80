"""Finds the ordinals of a whole file's numbers, grants new ones and closes lives; rows are never removed.

Looking twelve million numbers up by an index takes minutes, and reading all of them once takes seconds: so a large
file is matched against the whole dictionary in memory, sixteen bytes a subscriber.
"""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from carillon_chassis.database import UnitOfWork
from svc_segment.store.integer_copy import read_ids, write_integers
from svc_segment.store.number_book import read_number_book
from svc_segment.store.numbers import resolve_numbers

# Taken by whoever grants ordinals, so that two loads can't grant the same; any number that is ours alone.
ORDINALS_LOCK = 0x5E6_0001
# Twelve million numbers are a minute of COPY and index, far beyond what any other statement may take.
GRANT_TIMEOUT = "15min"
# Up to here an index finds numbers faster than reading all of them does.
FEW_NUMBERS = 20_000
# An index over many new rows is built in a third of the time that adding them to it one by one takes. Until it stands
# nobody resolves numbers: so only where there were fewer before, on the first load of an operator.
REBUILT_FROM_ROWS = 500_000
LIVING_INDEX = "CREATE UNIQUE INDEX number_living ON number (msisdn) WHERE ended_on IS NULL AND waiting_for IS NULL"
WAITING = "SELECT msisdn, subscriber_id FROM number WHERE waiting_for = $1"
WAIT = """
INSERT INTO number (subscriber_id, msisdn, waiting_for)
SELECT subscriber_id, msisdn, $3 FROM unnest($1::integer[], $2::bigint[]) AS life (subscriber_id, msisdn)
"""
END = """
UPDATE number SET ended_on = life.day FROM unnest($1::integer[], $2::date[]) AS life (subscriber_id, day)
WHERE number.subscriber_id = life.subscriber_id AND ended_on IS NULL
"""
BEGIN = "UPDATE number SET waiting_for = NULL WHERE waiting_for = $1"
ENDED = "SELECT subscriber_id FROM number WHERE ended_on IS NOT NULL"


async def find_ordinals(unit: UnitOfWork, numbers: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The living subscriber of each number, in their order, 0 for a number nobody has; numbers may come twice."""
    if len(numbers) <= FEW_NUMBERS:
        found = await resolve_numbers(unit, np.unique(numbers).tolist())
        return np.fromiter((found.get(number, 0) for number in numbers.tolist()), np.uint32, len(numbers))
    book = await read_number_book(unit)
    return await asyncio.to_thread(_match, book, numbers)


async def grant_ordinals(
    unit: UnitOfWork, numbers: NDArray[np.int64], *, ending: NDArray[np.int64], snapshot_id: uuid.UUID
) -> NDArray[np.uint32]:
    """The subscriber ids of distinct numbers, in their order; unknown numbers get the next ordinals, in their order.

    A number of ``ending``, whose holder's life ends with this load, begins a new life that waits for the load's end.
    Granting again gives the same ids: an ordinal is for ever.
    """
    await unit.driver.execute(f"SET LOCAL statement_timeout = '{GRANT_TIMEOUT}'")
    await unit.driver.execute("SELECT pg_advisory_xact_lock($1)", ORDINALS_LOCK)
    ordinals = await find_ordinals(unit, numbers)
    # Finding many has its own, shorter one.
    await unit.driver.execute(f"SET LOCAL statement_timeout = '{GRANT_TIMEOUT}'")
    again = np.isin(numbers, ending)
    waiting = {row[0]: row[1] for row in await unit.driver.fetch(WAITING, snapshot_id)}
    ordinals[again] = [waiting.get(number, 0) for number in numbers[again].tolist()]
    new = ordinals == 0
    living = int(await unit.driver.fetchval("SELECT coalesce(max(subscriber_id), 0) FROM number"))
    ordinals[new] = np.arange(living + 1, living + 1 + int(new.sum()), dtype=np.uint32)
    await _insert(unit, ordinals[new & ~again], numbers[new & ~again], before=living)
    await unit.driver.execute(WAIT, ordinals[new & again].tolist(), numbers[new & again].tolist(), snapshot_id)
    return ordinals


async def end_lives(unit: UnitOfWork, days: Mapping[int, date]) -> None:
    """Closes ordinals for ever, by subscriber; one that is closed already keeps its day."""
    await unit.driver.execute(END, list(days), list(days.values()))


async def begin_lives(unit: UnitOfWork, snapshot_id: uuid.UUID) -> None:
    """Lets the lives begin that waited for this load's end."""
    await unit.driver.execute(BEGIN, snapshot_id)


async def read_ended(unit: UnitOfWork) -> NDArray[np.uint32]:
    """The subscribers whose life is over."""
    return await read_ids(unit, ENDED)


def _match(book: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The place of each number in a book of one number a place, 0 where it has none; place 0 is nobody's."""
    places = np.flatnonzero(book)
    known = book[places]
    if np.array_equal(known, numbers):
        # A file in the order of the ordinals, as most are from the second on.
        return places.astype(np.uint32)
    order = np.argsort(known)
    known, places = known[order], places[order]
    asked = np.argsort(numbers, kind="stable")
    found = np.searchsorted(known, numbers[asked])
    inside = found < len(known)
    inside[inside] = known[found[inside]] == numbers[asked[inside]]
    matched = np.zeros(len(numbers), np.uint32)
    matched[asked[inside]] = places[found[inside]]
    return matched


async def _insert(unit: UnitOfWork, ordinals: NDArray[np.uint32], numbers: NDArray[np.int64], *, before: int) -> None:
    rebuilt = len(numbers) >= max(REBUILT_FROM_ROWS, before)
    if rebuilt:
        await unit.driver.execute("SET LOCAL maintenance_work_mem = '256MB'")
        await unit.driver.execute("DROP INDEX number_living")
    await write_integers(unit, "number", ["subscriber_id", "msisdn"], [ordinals, numbers])
    if rebuilt:
        await unit.driver.execute(LIVING_INDEX)
