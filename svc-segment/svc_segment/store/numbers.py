"""The dictionary between numbers and ordinals in PostgreSQL; rows are added, never changed, never removed.

Bulk goes as binary COPY built and read by numpy: two integers a row, no Python object a row.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from carillon_chassis.database import UnitOfWork

# PostgreSQL's binary COPY: signature, flags and extension length; then rows; then -1 as a field count.
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
COPY_ROW = np.dtype([("fields", ">i2"), ("one_length", ">i4"), ("one", ">i8"), ("two_length", ">i4"), ("two", ">i8")])
# Rows a piece of COPY: some 1.7 MB.
COPY_PIECE_ROWS = 65_536
RESOLVE = """
SELECT msisdn, subscriber_id FROM number
WHERE msisdn = ANY($1::bigint[]) AND ended_on IS NULL AND waiting_for IS NULL
"""
LOOK_UP = """
SELECT subscriber_id, msisdn FROM number
WHERE subscriber_id = ANY($1::integer[]) AND ended_on IS NULL AND waiting_for IS NULL
"""
# A signed integer holds every ordinal there will be; others are nobody's.
MAX_SUBSCRIBER_ID = 2**31 - 1


async def resolve_numbers(unit: UnitOfWork, numbers: Sequence[int]) -> Mapping[int, int]:
    """Subscriber ids by number; a number nobody has is absent."""
    return {row[0]: row[1] for row in await unit.driver.fetch(RESOLVE, numbers)}


async def look_up_numbers(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> Mapping[int, int]:
    """Numbers by subscriber id; an ordinal never granted is absent."""
    possible = [one for one in subscriber_ids if one <= MAX_SUBSCRIBER_ID]
    return {row[0]: row[1] for row in await unit.driver.fetch(LOOK_UP, possible)}


async def binary_pieces(numbers: NDArray[np.int64]) -> AsyncIterator[bytes]:
    """The numbers with their positions from 0 as PostgreSQL's binary COPY: two bigints a row."""
    yield COPY_HEADER
    for start in range(0, len(numbers), COPY_PIECE_ROWS):
        piece = numbers[start : start + COPY_PIECE_ROWS]
        rows = np.empty(len(piece), COPY_ROW)
        rows["fields"], rows["one_length"], rows["two_length"] = 2, 8, 8
        rows["one"] = np.arange(start, start + len(piece))
        rows["two"] = piece
        yield rows.tobytes()
    yield COPY_TRAILER
