"""Lists outlets and visits and counts coverage, each branch its own; it must not change anything."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.branch_scope import own_branch
from svc_catalog.app.keep_outlets import get_outlet
from svc_catalog.app.permissions import OUTLET_READING_ROLES
from svc_catalog.domain.outlet import Coverage, KnownOutlet, Visit
from svc_catalog.store import outlets


async def list_outlets(
    unit: UnitOfWork, *, identity: Identity, branch: str, touchpoint: str, key_only: bool, after: str, limit: int
) -> tuple[list[KnownOutlet], bool]:
    """Up to ``limit`` outlets after the code ``after``, by code, and whether more follow.

    Raises PermissionRefused ROLE_MISSING and OTHER_BRANCH.
    """
    scope = _scope(identity, branch)
    page = await outlets.list_outlets(
        unit, branch=scope, touchpoint=touchpoint, key_only=key_only, after=after, limit=limit + 1
    )
    return page[:limit], len(page) > limit


async def list_visits(unit: UnitOfWork, code: str, *, identity: Identity) -> Sequence[Visit]:
    """The visits of an outlet, the newest first. Raises NotFound OUTLET_UNKNOWN, PermissionRefused ROLE_MISSING."""
    scope = _scope(identity, "")
    await get_outlet(unit, code, branch=scope)
    return await outlets.list_visits(unit, code)


async def cover_outlets(unit: UnitOfWork, *, identity: Identity, branch: str) -> list[Coverage]:
    """How many key outlets are trained and certified, and how many outlets are equipped, by branch (CHN-34)."""
    return await outlets.cover_outlets(unit, branch=_scope(identity, branch))


def _scope(identity: Identity, branch: str) -> str:
    """Whose outlets are meant: the caller's own branch, or what the province asks for."""
    require_role(identity, *OUTLET_READING_ROLES)
    return own_branch(identity, asked=[branch] if branch else [], may="see the outlets") or branch
