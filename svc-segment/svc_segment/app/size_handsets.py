"""Sizes a handset-subsidy campaign in one pass over the subscribers; it must not keep anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from carillon_chassis.database import Database
from svc_segment.app.count_grid import count_grid
from svc_segment.domain.handset_plan import HandsetPlan, MembershipSize, SizingWish
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """What each membership needs, in marketing order, and the day of the data."""

    sizes: Sequence[MembershipSize]
    as_of: date


async def size_handsets(
    database: Database,
    engine: Engine,
    folder: DataFolder,
    plan: HandsetPlan,
    wish: SizingWish,
    *,
    branch: str,
    now: datetime,
) -> Sized:
    """How many have a terminal that does, how many need one, who of these spends enough, and so the handsets (SEG-77).

    Raises InvalidInput HANDSET_PLAN, and RULE_* where the data lack an attribute of the plan.
    """
    wish.check(plan)
    counted = await count_grid(
        database,
        engine,
        folder,
        keep=plan.kept(branch),
        rows=list(plan.memberships.values()),
        columns=plan.columns(wish.theoretical_arpu),
        now=now,
    )
    sizes = [
        MembershipSize(
            membership=membership,
            equipped=equipped,
            unequipped=unequipped,
            meeting=meeting,
            handsets=wish.handsets(meeting),
        )
        for membership, (equipped, unequipped, meeting) in zip(plan.memberships, counted.grid.cells, strict=True)
    ]
    return Sized(sizes=sizes, as_of=counted.as_of)
