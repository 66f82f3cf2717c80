"""Makes a report's files once all its items have their city (RWD-01); it must not change what is owed."""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.csv_file import file_hash
from svc_reward.domain.report_progress import CityFile
from svc_reward.domain.reward_report import ReportLine, RewardReport, write_report_file
from svc_reward.store import reward_reports


async def close_report_if_placed(unit: UnitOfWork, report: RewardReport) -> bool:
    """Whether it is issued now: its hashes are kept, of all cities together and of each; its row must be ours."""
    if await reward_reports.has_unplaced(unit, report.id):
        return False
    lines = await reward_reports.list_lines(unit, report.id, city=None)
    by_city: dict[str, list[ReportLine]] = {}
    for line in lines:
        by_city.setdefault(line.city, []).append(line)
    cities = [
        CityFile(city=city, items=len(own), file_sha256=file_hash(write_report_file(report.id, report.scope, own)))
        for city, own in sorted(by_city.items())
    ]
    whole = file_hash(write_report_file(report.id, report.scope, lines))
    await reward_reports.close_report(unit, report.id, file_sha256=whole, cities=cities)
    return True
