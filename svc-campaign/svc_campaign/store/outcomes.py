"""Counts and sums over a campaign's members, by arm, in one statement; compares nothing."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.domain.measurement import Outcome
from svc_campaign.domain.report import ArmCounts

SUM_UP = """
SELECT arm,
       count(*) AS subscribers,
       count(*) FILTER (WHERE contacted) AS contacted,
       count(*) FILTER (WHERE delivery = 'delivered') AS delivered,
       count(*) FILTER (WHERE delivery = 'failed') AS failed,
       count(*) FILTER (WHERE in_doubt) AS in_doubt,
       count(*) FILTER (WHERE rewarded) AS rewarded,
       count(responded_at) AS responded,
       count(converted_at) AS converted,
       sum(revenue_fen) AS revenue_fen,
       sum(revenue_fen::numeric * revenue_fen) FILTER (WHERE revenue_fen > 0) AS revenue_fen_squared
FROM member WHERE campaign_id = $1 GROUP BY arm
"""


async def sum_up(unit: UnitOfWork, campaign_id: UUID) -> dict[int, ArmCounts]:
    """What each arm that has members came to, by its place in the plan."""
    return {
        row["arm"]: ArmCounts(
            contacted=row["contacted"],
            delivered=row["delivered"],
            failed=row["failed"],
            in_doubt=row["in_doubt"],
            rewarded=row["rewarded"],
            outcome=Outcome(
                subscribers=row["subscribers"],
                responded=row["responded"],
                converted=row["converted"],
                revenue_fen=int(row["revenue_fen"]),
                revenue_fen_squared=int(row["revenue_fen_squared"] or 0),
            ),
        )
        for row in await unit.driver.fetch(SUM_UP, campaign_id)
    }
