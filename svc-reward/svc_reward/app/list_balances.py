"""Shows what one owner holds or held, by currency; it must not add currencies up (A-23)."""

from datetime import datetime

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import AccountKind
from svc_reward.domain.balance import Balance
from svc_reward.store import accounts
from svc_reward.store.history import list_balances_as_of


async def list_balances(
    unit: UnitOfWork, *, kind: AccountKind, owner: str, as_of: datetime | None, clock: Clock
) -> tuple[list[Balance], datetime]:
    """Every account of the owner, and the moment that the balances are of; none is an empty list.

    Raises InvalidInput AS_OF_INVALID for a moment to come.
    """
    now = clock.now()
    if as_of is None:
        return await accounts.list_balances(unit, kind=kind, owner=owner), now
    if as_of > now:
        raise InvalidInput(
            reason="AS_OF_INVALID", field="as_of", detail="nobody knows a balance to come; ask up to now"
        )
    return await list_balances_as_of(unit, kind=kind, owner=owner, moment=as_of), as_of
