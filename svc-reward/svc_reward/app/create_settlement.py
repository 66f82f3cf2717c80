"""Gathers what is due for a period into a run that another person checks; it must not pay anything."""

from datetime import datetime, tzinfo
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import MAKERS
from svc_reward.domain.calendar_month import parse_month
from svc_reward.domain.csv_file import file_hash
from svc_reward.domain.settlement import Settlement, SettlementState, write_file
from svc_reward.store.settlements import gather, insert_settlement


async def create_settlement(
    unit: UnitOfWork,
    *,
    identity: Identity,
    settlement_id: UUID,
    period: str,
    minimum_fen: int,
    at: datetime,
    zone: tzinfo,
) -> Settlement:
    """Takes all lines that are locked, due by the period's end and in no run, of affiliates who reach the minimum.

    What an earlier run took is not there any more, so running a period twice pays once. Raises StateRefused
    SETTLEMENT_EMPTY when nothing is left, InvalidInput MONTH_INVALID, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *MAKERS)
    month = parse_month(period)
    items = await gather(unit, settlement_id, before=month.ends_before(zone), minimum_fen=minimum_fen)
    if not items:
        raise StateRefused(
            reason="SETTLEMENT_EMPTY",
            field="period",
            detail=f"nothing that is locked and due by the end of {period} reaches the minimum and is in no run",
        )
    settlement = Settlement(
        id=settlement_id,
        period=str(month),
        state=SettlementState.PROPOSED,
        minimum_fen=minimum_fen,
        affiliates=len(items),
        lines=sum(item.lines for item in items),
        gross_fen=sum(item.gross_fen for item in items),
        deducted_fen=sum(item.deducted_fen for item in items),
        file_sha256=file_hash(write_file(settlement_id, str(month), items)),
        made_by=identity.subject,
        made_at=at,
    )
    await insert_settlement(unit, settlement, items)
    return settlement
