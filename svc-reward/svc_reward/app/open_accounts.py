"""Opens accounts by name; opening one that stands changes nothing."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import AccountName
from svc_reward.store import accounts


async def open_accounts(unit: UnitOfWork, names: Sequence[AccountName], *, clock: Clock) -> int:
    """How many were opened; the others stood already."""
    return await accounts.open_accounts(unit, names, now=clock.now())
