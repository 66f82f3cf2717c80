"""The ledger's proof over HTTP; svc-reward adds it up."""

from fastapi import APIRouter

from carillon.reward.v1 import ledger_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.reports import TrialBalance, render_trial_balance

router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"], route_class=GuardedRoute)

# It sums every entry there is; millions take seconds.
TIMEOUT_SECONDS = 60.0


@router.get("/trial-balance", summary="Prove that the ledger balances")
async def get_trial_balance(call: CallDep) -> TrialBalance:
    """Every currency summed over all accounts: zero in a sound ledger."""
    answer = await invoke(
        call.peers.ledger.GetTrialBalance, ledger_pb2.GetTrialBalanceRequest(), timeout_seconds=TIMEOUT_SECONDS
    )
    return render_trial_balance(answer)
