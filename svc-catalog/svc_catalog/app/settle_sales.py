"""Finds out for which branch orders count and adds what changed to their days; it must not hold up any order."""

from carillon_chassis.database import Database
from svc_catalog.app.branches import Branches
from svc_catalog.store.sales import keep_homes, list_homeless, roll_changes

# One question and one transaction of this size stay well under a second.
ORDERS_A_STEP = 5_000


async def roll_sales(database: Database) -> bool:
    """Adds changes to their days; whether there may be more."""
    async with database.unit_of_work() as unit:
        return await roll_changes(unit, limit=ORDERS_A_STEP) == ORDERS_A_STEP


async def settle_homes(database: Database, branches: Branches) -> bool:
    """Finds the branches of who ordered where no branch took the order (CHN-30); whether there were any.

    Each is asked for once, soon after the order: who moves later has ordered where they were. Raises Unavailable.
    """
    async with database.read() as unit:
        homeless = await list_homeless(unit, limit=ORDERS_A_STEP)
    if not homeless:
        return False
    found = await branches.look_up(sorted(set(homeless.values())))
    homes = {order: found[subscriber] for order, subscriber in homeless.items() if subscriber in found}
    async with database.unit_of_work() as unit:
        await keep_homes(unit, list(homeless), homes)
    return True
