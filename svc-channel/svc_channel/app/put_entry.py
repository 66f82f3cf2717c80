"""Makes, changes and retires entries of the knowledge base; answers nothing."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_channel.domain.robots.knowledge import Entry
from svc_channel.store.knowledge import has_entry, put_entry_row, retire_entry_row

KEEPING_ROLES = ("province_admin", "branch_operator")


async def put_entry(unit: UnitOfWork, entry: Entry, *, new: bool, identity: Identity, now: datetime) -> None:
    """Keeps an entry. Raises PermissionRefused ROLE_MISSING, NotFound ENTRY_UNKNOWN when it should stand already."""
    require_role(identity, *KEEPING_ROLES)
    if not new:
        await _require(unit, entry.id)
    await put_entry_row(unit, entry, by=identity.subject, now=now)


async def retire_entry(unit: UnitOfWork, entry_id: UUID, *, identity: Identity, now: datetime) -> None:
    """Takes an entry out of the answers. Raises PermissionRefused ROLE_MISSING, NotFound ENTRY_UNKNOWN."""
    require_role(identity, *KEEPING_ROLES)
    await _require(unit, entry_id)
    await retire_entry_row(unit, entry_id, by=identity.subject, now=now)


async def _require(unit: UnitOfWork, entry_id: UUID) -> None:
    if not await has_entry(unit, entry_id):
        raise NotFound(reason="ENTRY_UNKNOWN", field="id", detail="the knowledge base has no such entry")
