"""Writes the cities that were found for items, and closes the reports that waited for them; it must not ask anybody."""

from collections.abc import Mapping
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_reward.app.close_report import close_report_if_placed
from svc_reward.app.fulfilment_access import find_readable_report
from svc_reward.domain.reward_report import ReportState
from svc_reward.store import fulfilments


async def place_items(unit: UnitOfWork, cities: Mapping[UUID, str]) -> None:
    """A city that was found before stays; whoever places the last item of a report closes it."""
    # In order, so that two who place the same items wait for each other and never in a ring.
    for report_id in sorted(await fulfilments.place_items(unit, dict(sorted(cities.items())))):
        report = await find_readable_report(unit, report_id, for_change=True)
        if report.state is ReportState.PLACING:
            await close_report_if_placed(unit, report)
