"""A campaign's report: the hold-out first, each other arm against it; counts come in, nothing is fetched (CMP-01)."""

from collections.abc import Mapping
from dataclasses import dataclass

from svc_campaign.domain.measurement import Outcome, Uplift, measure_uplift
from svc_campaign.domain.plan import CampaignPlan

NOBODY = Outcome(subscribers=0, responded=0, converted=0, revenue_fen=0, revenue_fen_squared=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCounts:
    """Counts and sums over one arm's members."""

    contacted: int = 0
    delivered: int = 0
    failed: int = 0
    in_doubt: int = 0
    rewarded: int = 0
    outcome: Outcome = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmReport:
    """One arm's counts, and its uplift unless it is the hold-out or there is none to compare with."""

    arm: str
    holdout: bool
    counts: ArmCounts
    uplift: Uplift | None


def report_arms(plan: CampaignPlan, counts: Mapping[int, ArmCounts]) -> list[ArmReport]:
    """The hold-out first, then the plan's order; `counts` by the arm's place, an arm without members may be missing."""
    placed = [(arm, counts.get(place, ArmCounts())) for place, arm in enumerate(plan.arms)]
    holdout = next((found.outcome for arm, found in placed if arm.holdout), None)
    placed.sort(key=lambda pair: not pair[0].holdout)
    return [
        ArmReport(
            arm=arm.name,
            holdout=arm.holdout,
            counts=found,
            uplift=None if arm.holdout or holdout is None else measure_uplift(found.outcome, holdout),
        )
        for arm, found in placed
    ]
