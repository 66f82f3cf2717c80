"""What the ledger itself tells other services, as facts on the wire; it must not decide when."""

from carillon.reward.v1.facts_pb2 import BudgetReached
from svc_reward.domain.budget import BudgetLevel


def render_level(level: BudgetLevel) -> BudgetReached:
    """A campaign has spent so much of its budget."""
    return BudgetReached(
        campaign_id=level.campaign_id,
        currency=level.currency,
        percent=level.percent,
        funded=level.funded,
        left=level.left,
    )
