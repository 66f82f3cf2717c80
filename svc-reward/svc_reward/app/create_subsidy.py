"""Gives a handset subsidy against a spend agreement, one at a time to a subscriber (RWD-37)."""

from collections.abc import Callable
from datetime import tzinfo
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.pay_from_budget import pay_from_budget
from svc_reward.domain.subsidy import Subsidy, agreement_end
from svc_reward.store.subsidies import insert_subsidy

# Who signs an agreement with the customer.
SIGNERS = ("hall_terminal", "branch_operator", "province_admin")


async def create_subsidy(
    unit: UnitOfWork,
    *,
    identity: Identity,
    subscriber_id: int,
    campaign_id: str,
    device: str,
    subsidy_fen: int,
    monthly_spend_fen: int,
    months: int,
    clock: Clock,
    zone: tzinfo,
    ids: Callable[[], UUID],
) -> Subsidy:
    """The agreement, running from now on, and its payment ``subsidy:<id>``.

    Raises PermissionRefused ROLE_MISSING, InvalidInput SUBSIDY_INVALID, StateRefused SUBSIDY_RUNNING while another
    runs, or what the ledger refuses the budget for (INSUFFICIENT_FUNDS, ACCOUNT_UNKNOWN).
    """
    require_role(identity, *SIGNERS)
    now = clock.now()
    subsidy = Subsidy(
        id=ids(),
        subscriber_id=subscriber_id,
        campaign_id=campaign_id,
        device=device,
        subsidy_fen=subsidy_fen,
        monthly_spend_fen=monthly_spend_fen,
        months=months,
        starts_at=now,
        ends_at=agreement_end(now, months, zone),
    )
    if not await insert_subsidy(unit, subsidy):
        raise StateRefused(
            reason="SUBSIDY_RUNNING",
            field="msisdn",
            detail="the subscriber has a handset subsidy that still runs; a new one begins after it has ended",
        )
    await pay_from_budget(unit, [subsidy.payment], field="campaign_id", clock=clock)
    return subsidy
