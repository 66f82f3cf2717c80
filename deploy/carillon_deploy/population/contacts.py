"""Makes the graph of who calls whom: mostly a circle of neighbours, some strangers; it must not know what they say."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from carillon_deploy.population.blocks import BLOCK_ROWS, Block
from carillon_deploy.population.columns import chosen
from carillon_deploy.population.people import numbers_of, written

MEAN_CONTACTS = 4.0
# Three of four contacts live near: their ordinals differ by little, so that groups are seen in the graph.
NEAR_SHARE = 0.75
NEARNESS = 0.05
RELATIONS = ("同学", "同事", "同城", None)
"""Classmates, colleagues, same city (SEG-53)."""


def contact_tables(block: Block, *, subscribers: int) -> Iterator[pa.Table]:
    """msisdn, contact, calls, messages and relation of a block, in pieces of a block's rows; nobody calls himself."""
    draws = block.draws("contacts")
    counts = draws.poisson(MEAN_CONTACTS, BLOCK_ROWS)[: block.rows]
    who = np.repeat(block.subscribers, counts)
    for start in range(0, max(len(who), 1), BLOCK_ROWS):
        some = who[start : start + BLOCK_ROWS]
        rows = len(some)
        away = draws.geometric(NEARNESS, rows) * np.where(draws.random(rows) < 0.5, 1, -1)  # noqa: PLR2004 -- both sides
        far = (draws.random(rows) * subscribers).astype(np.int64)
        contact = np.where(draws.random(rows) < NEAR_SHARE, (some + away) % subscribers, far)
        table = pa.table(
            {
                "msisdn": written(numbers_of(block.seed, some)),
                "contact": written(numbers_of(block.seed, contact)),
                "calls": pa.array(draws.geometric(0.15, rows).astype(np.int32)),
                "sms": pa.array((draws.geometric(0.3, rows) - 1).astype(np.int32)),
                "relation": chosen(RELATIONS, np.searchsorted((0.15, 0.35, 0.5), draws.random(rows), side="right")),
            }
        )
        yield table.filter(pa.array(contact != some))
