"""Shows reports with how far each city has come (RWD-03), and their files; it must not change anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from carillon_chassis.identity import Identity
from svc_reward.app.fulfilment_access import PROVINCE_WIDE, find_readable_report, readable_city
from svc_reward.domain.csv_file import file_hash
from svc_reward.domain.report_progress import CityFile, Progress
from svc_reward.domain.reward_report import MAX_REPORTS, ReportState, RewardReport, write_report_file
from svc_reward.store import reward_reports


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A report as its reader may see it."""

    report: RewardReport
    progress: tuple[Progress, ...]
    cities: tuple[CityFile, ...]


async def get_reward_report(unit: UnitOfWork, report_id: UUID, *, city: str | None, identity: Identity) -> ReportView:
    """Raises NotFound REPORT_UNKNOWN, PermissionRefused BRANCH_FOREIGN."""
    wanted = readable_city(identity, city)
    [view] = await _views(unit, [await find_readable_report(unit, report_id)], city=wanted, identity=identity)
    return view


async def list_reward_reports(
    unit: UnitOfWork, *, campaign: str, city: str | None, identity: Identity
) -> list[ReportView]:
    """All reports of a campaign, in the order in which they were issued. Raises PermissionRefused BRANCH_FOREIGN."""
    wanted = readable_city(identity, city)
    reports = await reward_reports.list_reports(unit, campaign=campaign, limit=MAX_REPORTS)
    return await _views(unit, reports, city=wanted, identity=identity)


async def read_report_file(unit: UnitOfWork, report_id: UUID, *, city: str | None, identity: Identity) -> bytes:
    """The CSV of all cities or of one as it was issued, the same bytes every time.

    Raises NotFound REPORT_UNKNOWN or CITY_UNKNOWN, StateRefused REPORT_STATE or FILE_CHANGED, PermissionRefused.
    """
    wanted = readable_city(identity, city)
    report = await find_readable_report(unit, report_id)
    if report.state is not ReportState.ISSUED:
        raise StateRefused(
            reason="REPORT_STATE",
            field="id",
            detail="the cities of its items are still being asked for; try again soon",
        )
    kept = report.file_sha256
    if wanted is not None:
        parts = (await reward_reports.list_cities(unit, [report_id], city=wanted))[report_id]
        if not parts:
            raise NotFound(reason="CITY_UNKNOWN", field="city", detail=f"this report has nothing for {wanted!r}")
        kept = parts[0].file_sha256
    lines = await reward_reports.list_lines(unit, report_id, city=wanted)
    content = write_report_file(report.id, report.scope, lines)
    if file_hash(content) != kept:
        raise StateRefused(
            reason="FILE_CHANGED",
            detail="the items are not those that were reported; hand nothing over, tell the auditor",
        )
    return content


async def _views(
    unit: UnitOfWork, reports: Sequence[RewardReport], *, city: str | None, identity: Identity
) -> list[ReportView]:
    """What a campaign granted in all is the province's to know; a branch sees what its own city hands over."""
    ids = [report.id for report in reports]
    progress = await reward_reports.list_progress(unit, ids, city=city)
    cities = await reward_reports.list_cities(unit, ids, city=city)
    sees_grants = bool(identity.roles & PROVINCE_WIDE)
    return [
        ReportView(
            report=report if sees_grants else replace(report, grants=()),
            progress=progress[report.id],
            cities=cities[report.id],
        )
        for report in reports
    ]
