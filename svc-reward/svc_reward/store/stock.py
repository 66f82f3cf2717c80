"""Promises, hands over and takes back stock by one conditional update each; it must not decide who deserves it."""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.stock import Stock, out_of_stock

OPEN = "INSERT INTO stock (pool, total, reserved, committed) VALUES ($1, $2, 0, 0)"
ADD = "UPDATE stock SET total = total + $2 WHERE pool = $1"
# The condition and the change are one statement under the row's lock: of two who want the last piece one finds none.
RESERVE = "UPDATE stock SET reserved = reserved + $2 WHERE pool = $1 AND total - reserved - committed >= $2"
COMMIT = "UPDATE stock SET reserved = reserved - $2, committed = committed + $2 WHERE pool = $1 AND reserved >= $2"
RELEASE = "UPDATE stock SET reserved = reserved - $2 WHERE pool = $1 AND reserved >= $2"
READ = "SELECT total, reserved, committed FROM stock WHERE pool = $1"
CHANGED_ONE = "UPDATE 1"


async def open_stock(unit: UnitOfWork, pool: str, stock: Stock) -> None:
    """A new pool with what there is."""
    await unit.driver.execute(OPEN, pool, stock.total)


async def add_stock(unit: UnitOfWork, pool: str, quantity: int) -> None:
    """More of it."""
    await unit.driver.execute(ADD, pool, quantity)


async def reserve_stock(unit: UnitOfWork, pool: str, quantity: int) -> None:
    """Promises pieces and holds the pool until the transaction ends. Raises StateRefused OUT_OF_STOCK."""
    if await unit.driver.execute(RESERVE, pool, quantity) != CHANGED_ONE:
        raise out_of_stock(quantity)


async def commit_stock(unit: UnitOfWork, pool: str, quantity: int) -> None:
    """Hands over what was promised."""
    await _change_promised(unit, COMMIT, pool, quantity)


async def release_stock(unit: UnitOfWork, pool: str, quantity: int) -> None:
    """Takes a promise back."""
    await _change_promised(unit, RELEASE, pool, quantity)


async def read_stock(unit: UnitOfWork, pool: str) -> Stock:
    """Where a pool that was opened stands."""
    row = await unit.driver.fetchrow(READ, pool)
    if row is None:
        raise LookupError(f"no stock was opened for {pool}")
    return Stock(**row)


async def _change_promised(unit: UnitOfWork, statement: str, pool: str, quantity: int) -> None:
    if await unit.driver.execute(statement, pool, quantity) != CHANGED_ONE:
        # Only who promised comes here, so this is a fault of the program: nothing of it may stand.
        raise LookupError(f"{quantity} of {pool} were never promised")
