"""Compares every affiliate's lines with the ledger, unit by unit; it must not repair anything."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import OVERSEERS
from svc_reward.domain.commission_statement import CommissionProof
from svc_reward.store import commission_statements


async def prove_commissions(unit: UnitOfWork, *, identity: Identity) -> CommissionProof:
    """A sound book differs nowhere. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *OVERSEERS)
    return await commission_statements.prove_statements(unit)
