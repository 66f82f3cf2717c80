"""Keeps gifts and how many a giver has made in a day; it must not judge them."""

from datetime import date

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.gift import MAX_GIFTS_A_DAY, Gift

# One statement counts and refuses, so that gifts of one moment can't pass together.
COUNT = """
INSERT INTO gift_day AS day (giver_id, day, gifts) VALUES ($1, $2, 1)
ON CONFLICT (giver_id, day) DO UPDATE SET gifts = day.gifts + 1 WHERE day.gifts < $3
RETURNING true
"""
INSERT = """
INSERT INTO gift (id, giver_id, friend_id, currency, amount, given_at) VALUES ($1, $2, $3, $4, $5, $6)
"""


async def count_gift(unit: UnitOfWork, giver_id: int, day: date) -> bool:
    """Counts one more gift of that day; False when there are as many as may be."""
    return await unit.driver.fetchval(COUNT, giver_id, day, MAX_GIFTS_A_DAY) is not None


async def insert_gift(unit: UnitOfWork, gift: Gift) -> None:
    """Keeps it."""
    await unit.driver.execute(INSERT, gift.id, gift.giver_id, gift.friend_id, gift.currency, gift.amount, gift.given_at)
