"""Finds the subscribers of millions of numbers or ids at once, by one join; it must not grant any."""

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from carillon_chassis.database import UnitOfWork
from svc_segment.store.integer_copy import read_ids, write_integers

# Millions of numbers are tens of seconds of COPY and join, beyond what any other statement may take.
FIND_TIMEOUT = "5min"
BY_NUMBER = """
SELECT subscriber_id FROM listed JOIN number ON number.msisdn = listed.value
WHERE ended_on IS NULL AND waiting_for IS NULL
"""
BY_ID = """
SELECT subscriber_id FROM listed JOIN number ON number.subscriber_id = listed.value
WHERE ended_on IS NULL AND waiting_for IS NULL
"""


async def find_by_numbers(unit: UnitOfWork, numbers: NDArray[np.int64]) -> BitMap:
    """Who has one of the numbers now; numbers that nobody has are left out."""
    return await _find(unit, numbers, BY_NUMBER)


async def find_by_ids(unit: UnitOfWork, subscriber_ids: NDArray[np.int64]) -> BitMap:
    """Who of the ids is a subscriber now; ordinals never granted and lives that ended are left out."""
    return await _find(unit, subscriber_ids, BY_ID)


async def _find(unit: UnitOfWork, values: NDArray[np.int64], query: str) -> BitMap:
    if not len(values):
        return BitMap()
    await unit.driver.execute(f"SET LOCAL statement_timeout = '{FIND_TIMEOUT}'")
    await unit.driver.execute("CREATE TEMPORARY TABLE listed (value bigint) ON COMMIT DROP")
    await write_integers(unit, "listed", ["value"], [values])
    await unit.driver.execute("ANALYZE listed")
    members = BitMap(await read_ids(unit, query))
    await unit.driver.execute("DROP TABLE listed")
    members.run_optimize()
    return members
