"""Gives back to the stock what was claimed and not paid in time; it must not touch what is paid."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.store.sale_claims import release_lapsed

# What one transaction releases at most: it holds the sale's stock, which buyers wait for.
MAX_RELEASES = 1000


async def release_lapsed_claims(unit: UnitOfWork, *, clock: Clock) -> int:
    """How many were released; as many as MAX_RELEASES means there may be more."""
    return await release_lapsed(unit, at=clock.now(), limit=MAX_RELEASES)
