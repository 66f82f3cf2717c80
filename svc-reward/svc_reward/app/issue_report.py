"""Issues the reward report of a stage (RWD-01) or of a mailing (RWD-31), each once; it must not pay anything."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.close_report import close_report_if_placed
from svc_reward.app.fulfilment_access import ISSUERS, find_readable_report
from svc_reward.domain.fulfilment import Fulfilment
from svc_reward.domain.mailing import Mailing
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
    """Gathers what is owed and in no report yet. A stage that was reported is given again as it is, nothing is added.

    Items of no known city wait for it where ``ask_city``, and the report's file with them. Raises PermissionRefused
    ROLE_MISSING, Conflict REPORT_DIFFERS, StateRefused REPORTS_TOO_MANY, InvalidInput CREDIT_UNKNOWN.
    """
    standing = await _find_standing(unit, scope, identity=identity)
    if standing is not None:
        return standing
    owed = await list_owed(unit, scope)
    report = _new(scope, report_id=ids(), items=len(owed), identity=identity, at=at)
    items = [make_item(one, scope, item_id=ids(), report=report, ask_city=ask_city) for one in owed]
    await reward_reports.insert_report(unit, report)
    await reward_reports.add_grants(unit, report)
    return await _keep(unit, report, items)


async def issue_mailing(
    unit: UnitOfWork,
    mailing: Mailing,
    scope: ReportScope,
    *,
    identity: Identity,
    at: datetime,
    ids: Callable[[], UUID],
    ask_city: bool,
) -> RewardReport:
    """One item a recipient. Raises as ``issue_report`` does; the stage of another mailing is REPORT_DIFFERS."""
    standing = await _find_standing(unit, scope, identity=identity)
    if standing is not None:
        return standing
    report = _new(scope, report_id=ids(), items=len(mailing.recipients), identity=identity, at=at)
    await reward_reports.insert_report(unit, report)
    return await _keep(unit, report, list(mailing.items(report, ids=ids, ask_city=ask_city)))


async def _find_standing(unit: UnitOfWork, scope: ReportScope, *, identity: Identity) -> RewardReport | None:
    """The report of that stage, if it was issued; whoever issues one now holds all others back."""
    require_role(identity, *ISSUERS)
    await reward_reports.lock_reporting(unit)
    standing = await reward_reports.find_stage(unit, campaign=scope.campaign, stage=scope.stage)
    if standing is None:
        if await reward_reports.count_reports(unit, scope.campaign) >= MAX_REPORTS:
            detail = f"a campaign has {MAX_REPORTS} stages at most"
            raise StateRefused(reason="REPORTS_TOO_MANY", field="stage", detail=detail)
        return None
    if standing.scope != scope:
        raise Conflict(
            reason="REPORT_DIFFERS",
            field="stage",
            detail="this stage was reported with other contents; take another stage for the rest",
        )
    return standing


def _new(scope: ReportScope, *, report_id: UUID, items: int, identity: Identity, at: datetime) -> RewardReport:
    return RewardReport(
        id=report_id,
        scope=scope,
        state=ReportState.PLACING,
        items=items,
        issued_by=identity.subject,
        issued_at=at,
    )


async def _keep(unit: UnitOfWork, report: RewardReport, items: list[Fulfilment]) -> RewardReport:
    await insert_items(unit, items)
    await close_report_if_placed(unit, report)
    return await find_readable_report(unit, report.id)
