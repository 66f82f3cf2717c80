"""Loads the shipped reference tables into the catalogue; loading them again must change nothing."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.permissions import KEEPING_ROLES
from svc_catalog.domain.reference import Reference
from svc_catalog.store.brands import save_brands
from svc_catalog.store.channels import save_channels
from svc_catalog.store.services import save_services


async def load_reference(unit: UnitOfWork, *, identity: Identity, reference: Reference) -> Reference:
    """Brings services, brands and channels to what the tables state (CAT-01); prices set since stay.

    Raises PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *KEEPING_ROLES)
    await save_services(unit, reference.services)
    await save_brands(unit, reference.brands)
    await save_channels(unit, reference.channels)
    return reference
