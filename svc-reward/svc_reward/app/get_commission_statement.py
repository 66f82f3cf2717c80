"""Shows one affiliate's month with its lines and the ledger's word beside them; it must not change anything."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity
from svc_reward.app.commission_access import find_own_affiliate
from svc_reward.domain.commission_statement import CommissionEntry, CommissionStatement, LedgerPosition
from svc_reward.store import commission_statements


async def get_commission_statement(
    unit: UnitOfWork, *, identity: Identity, affiliate_id: str, month: str, after: int, limit: int
) -> tuple[CommissionStatement, list[CommissionEntry], LedgerPosition]:
    """A month without lines has no totals. Raises NotFound AFFILIATE_UNKNOWN, PermissionRefused ROLE_MISSING."""
    await find_own_affiliate(unit, identity=identity, affiliate_id=affiliate_id)
    found = await commission_statements.list_statements(
        unit, affiliate_id=affiliate_id, month=month, after=("", ""), limit=1
    )
    statement = found[0] if found else CommissionStatement(affiliate_id=affiliate_id, month=month, totals=())
    lines = await commission_statements.list_month_lines(
        unit, affiliate_id=affiliate_id, month=month, after=after, limit=limit
    )
    return statement, lines, await commission_statements.read_position(unit, affiliate_id)
