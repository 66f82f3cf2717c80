"""Issues the reward report of a stage (RWD-01): gathers what is owed and in no report yet; it must not pay anything."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.close_report import close_report_if_placed
from svc_reward.app.fulfilment_access import ISSUERS, find_readable_report
from svc_reward.domain.reward_report import MAX_REPORTS, ReportScope, ReportState, RewardReport, make_item
from svc_reward.store import reward_reports
from svc_reward.store.fulfilment_sources import list_owed
from svc_reward.store.fulfilments import insert_items


async def issue_report(
    unit: UnitOfWork,
    scope: ReportScope,
    *,
    identity: Identity,
    at: datetime,
    ids: Callable[[], UUID],
    ask_city: bool,
) -> RewardReport:
    """The report of that campaign and stage; one that stands is given again as it is, and nothing is added to it.

    Items of no known city wait for it where ``ask_city``, and the report's file with them. Raises PermissionRefused
    ROLE_MISSING, Conflict REPORT_DIFFERS, StateRefused REPORTS_TOO_MANY, InvalidInput CREDIT_UNKNOWN.
    """
    require_role(identity, *ISSUERS)
    await reward_reports.lock_reporting(unit)
    standing = await reward_reports.find_stage(unit, campaign=scope.campaign, stage=scope.stage)
    if standing is not None:
        if standing.scope != scope:
            raise Conflict(
                reason="REPORT_DIFFERS",
                field="stage",
                detail="this stage was reported with other prizes, sales or credits; take another stage for the rest",
            )
        return standing
    if await reward_reports.count_reports(unit, scope.campaign) >= MAX_REPORTS:
        raise StateRefused(
            reason="REPORTS_TOO_MANY", field="stage", detail=f"a campaign has {MAX_REPORTS} stages at most"
        )
    owed = await list_owed(unit, scope)
    report = RewardReport(
        id=ids(),
        scope=scope,
        state=ReportState.PLACING,
        items=len(owed),
        issued_by=identity.subject,
        issued_at=at,
    )
    items = [make_item(one, scope, item_id=ids(), report=report, ask_city=ask_city) for one in owed]
    await reward_reports.insert_report(unit, report)
    await insert_items(unit, items)
    await close_report_if_placed(unit, report)
    return await find_readable_report(unit, report.id)
