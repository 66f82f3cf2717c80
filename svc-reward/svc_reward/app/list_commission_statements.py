"""Shows totals by month, of one affiliate or of all; it must not show one affiliate's to another."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import OVERSEERS, find_own_affiliate
from svc_reward.domain.commission_statement import CommissionStatement
from svc_reward.store import commission_statements


async def list_commission_statements(
    unit: UnitOfWork, *, identity: Identity, affiliate_id: str, month: str, after: tuple[str, str], limit: int
) -> list[CommissionStatement]:
    """Statements after a key. Raises InvalidInput SCOPE_MISSING, NotFound AFFILIATE_UNKNOWN, PermissionRefused."""
    if affiliate_id:
        await find_own_affiliate(unit, identity=identity, affiliate_id=affiliate_id)
    elif month:
        require_role(identity, *OVERSEERS)
    else:
        raise InvalidInput(
            reason="SCOPE_MISSING", field="month", detail="name an affiliate, or a month for all of them"
        )
    return await commission_statements.list_statements(
        unit, affiliate_id=affiliate_id, month=month, after=after, limit=limit
    )
