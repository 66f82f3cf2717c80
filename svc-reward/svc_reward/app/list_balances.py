"""Shows what one owner holds, by currency; it must not add currencies up (A-23)."""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import AccountKind
from svc_reward.domain.balance import Balance
from svc_reward.store import accounts


async def list_balances(unit: UnitOfWork, *, kind: AccountKind, owner: str) -> list[Balance]:
    """Every open account of the owner; none is an empty list."""
    return await accounts.list_balances(unit, kind=kind, owner=owner)
