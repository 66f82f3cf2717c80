"""Reads the number of every living subscriber at once; it goes only into files for those who dial."""

import numpy as np
from numpy.typing import NDArray

from carillon_chassis.database import UnitOfWork
from svc_segment.store.integer_copy import read_integers

# Whoever joins between the two statements is of no book: the highest was read before.
LIVING = """
SELECT subscriber_id, msisdn FROM number WHERE ended_on IS NULL AND waiting_for IS NULL AND subscriber_id <= $1
"""
HIGHEST = "SELECT coalesce(max(subscriber_id), 0) FROM number"
# Twelve million rows are some ten seconds of COPY.
TIMEOUT = "5min"


async def read_number_book(unit: UnitOfWork) -> NDArray[np.int64]:
    """The number of each subscriber at its id, 0 where nobody lives; eight bytes a subscriber."""
    await unit.driver.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
    highest = int(await unit.driver.fetchval(HIGHEST))
    book = np.zeros(highest + 1, np.int64)

    def take(ids: NDArray[np.int32], numbers: NDArray[np.int64]) -> None:
        book[ids] = numbers

    await read_integers(unit, LIVING, highest, widths=(4, 8), take=take)
    return book
