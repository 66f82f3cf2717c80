"""Shows the trial balance of the whole ledger; it must not book anything."""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.balance import TrialBalance
from svc_reward.store.trial_balance import read_trial_balance


async def get_trial_balance(unit: UnitOfWork) -> TrialBalance:
    """Sums of every currency that has an account; each total of a sound ledger is zero."""
    return await read_trial_balance(unit)
