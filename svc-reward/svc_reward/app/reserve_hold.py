"""Promises an amount of an account; it must not promise what another hold has or what is not there."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict, StateRefused
from svc_reward.domain.hold import Hold, check_available
from svc_reward.domain.posting import ACCOUNT_UNKNOWN
from svc_reward.store.accounts import lock_standings
from svc_reward.store.holds import add_hold, find_hold


async def reserve_hold(unit: UnitOfWork, hold: Hold) -> Hold:
    """The hold as it stands now; asked for again with the same account and amount, it is the first one again.

    Raises StateRefused INSUFFICIENT_FUNDS or ACCOUNT_UNKNOWN, and Conflict HOLD_CONFLICT.
    """
    standings = await lock_standings(unit, [hold.account])
    if hold.account not in standings:
        raise StateRefused(reason=ACCOUNT_UNKNOWN, field="account", detail=f"{hold.account} is not open; open it first")
    # Looked for under the account's lock: who asked for the same hold before has committed by then.
    standing = await find_hold(unit, hold.id)
    if standing is None:
        check_available(hold, standings[hold.account])
        await add_hold(unit, hold, account=standings[hold.account].account)
        return hold
    if not standing.is_same_promise(hold):
        raise Conflict(
            reason="HOLD_CONFLICT", field="hold_id", detail="this hold stands with another account or amount"
        )
    return standing
