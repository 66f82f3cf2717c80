"""Shows a settlement run; it must not change anything."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import OVERSEERS
from svc_reward.domain.settlement import Settlement
from svc_reward.store.settlements import find_settlement


async def get_settlement(unit: UnitOfWork, *, identity: Identity, settlement_id: UUID) -> Settlement:
    """Raises NotFound SETTLEMENT_UNKNOWN, PermissionRefused ROLE_MISSING."""
    require_role(identity, *OVERSEERS)
    settlement = await find_settlement(unit, settlement_id)
    if settlement is None:
        raise unknown_settlement(settlement_id)
    return settlement


def unknown_settlement(settlement_id: UUID) -> NotFound:
    """No run has that id."""
    return NotFound(reason="SETTLEMENT_UNKNOWN", field="id", detail=f"there is no settlement {settlement_id}")
