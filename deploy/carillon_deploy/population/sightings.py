"""Makes where subscribers were seen in the last month; of it a service keeps scene and day alone (SEG-29)."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa

from carillon_deploy.population.blocks import BLOCK_ROWS
from carillon_deploy.population.cells import cell_names, hall_cell, street_cell
from carillon_deploy.population.columns import chosen
from carillon_deploy.population.events import moments
from carillon_deploy.population.people import NO_HALL, People

# Sightings for each event: few, and in a file of their own, which is gone once it is loaded.
SIGHTINGS_AN_EVENT = 0.15
# Half of what is seen of those of a hall's catchment is at the hall.
AT_HALL_SHARE = 0.5


def sighting_tables(people: People, *, as_of: date, mean: float, subscribers: int) -> Iterator[pa.Table]:
    """msisdn, type (cell_seen), at and cell of a block, in pieces of a block's rows."""
    draws = people.block.draws("sightings")
    counts = draws.poisson(mean * SIGHTINGS_AN_EVENT, BLOCK_ROWS)[: people.block.rows]
    everybody = np.repeat(np.arange(people.block.rows), counts)
    names, numbers = cell_names(subscribers), people.written_numbers
    for start in range(0, max(len(everybody), 1), BLOCK_ROWS):
        who = everybody[start : start + BLOCK_ROWS]
        rows, hall = len(who), people.hall[who]
        at_hall = (hall != NO_HALL) & (draws.random(rows) < AT_HALL_SHARE)
        cells = np.where(at_hall, hall_cell(hall, draws.random(rows)), street_cell(draws.random(rows), subscribers))
        yield pa.table(
            {
                "msisdn": numbers.take(pa.array(who)),
                "type": chosen(["cell_seen"], np.zeros(rows, np.int16)),
                "at": moments(draws, rows, as_of),
                "cell": chosen(names, cells),
            }
        )
