"""Registers outlets, changes what is known of them and books visits, each branch its own; it must not count coverage."""

import dataclasses
from datetime import date, datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict, InvalidInput, NotFound
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.branch_scope import own_branch
from svc_catalog.app.name_touchpoint import name_touchpoint
from svc_catalog.app.permissions import OUTLET_ROLES
from svc_catalog.domain.outlet import KnownOutlet, Outlet, Stage, Visit
from svc_catalog.store.channels import find_channel
from svc_catalog.store.outlets import find_outlet, insert_outlet, insert_visit, lock_outlet, update_outlet


async def register_outlet(unit: UnitOfWork, outlet: Outlet, *, identity: Identity, now: datetime) -> KnownOutlet:
    """Registers an outlet of a touch point that has outlets (CHN-34, CHN-40); whoever says no branch means their own.

    Raises PermissionRefused ROLE_MISSING and OTHER_BRANCH, NotFound TOUCHPOINT_UNKNOWN, Conflict OUTLET_TAKEN,
    InvalidInput TOUCHPOINT_HAS_NO_OUTLETS and STAGE_TOO_EARLY.
    """
    require_role(identity, *OUTLET_ROLES)
    own = own_branch(identity, asked=[outlet.branch] if outlet.branch else [], may="keep the outlets")
    code = await name_touchpoint(unit, outlet.touchpoint, field="touchpoint")
    channel = await find_channel(unit, code)
    if channel is None or not channel.has_outlets:
        raise InvalidInput(
            reason="TOUCHPOINT_HAS_NO_OUTLETS",
            field="touchpoint",
            detail=f"{code} is no sort of place; GET /api/v1/channels says which have outlets",
        )
    registered = dataclasses.replace(outlet, touchpoint=code, branch=outlet.branch or own)
    registered.check_beginning()
    if not await insert_outlet(unit, registered, by=identity.subject, now=now):
        raise Conflict(reason="OUTLET_TAKEN", field="code", detail=f"another outlet has the code {outlet.code}")
    return KnownOutlet(outlet=registered, materials=None, trained_on=None, certified_on=None)


async def change_outlet(
    unit: UnitOfWork,
    code: str,
    *,
    identity: Identity,
    name: str,
    key: bool,
    stars: int,
    alliance: bool,
    stage: Stage,
    now: datetime,
) -> KnownOutlet:
    """Says what is known of the outlet now. Raises NotFound OUTLET_UNKNOWN, PermissionRefused ROLE_MISSING."""
    require_role(identity, *OUTLET_ROLES)
    await lock_outlet(unit, code)
    known = await get_outlet(unit, code, branch=own_branch(identity))
    changed = dataclasses.replace(known.outlet, name=name, key=key, stars=stars, alliance=alliance, stage=stage)
    await update_outlet(unit, changed, by=identity.subject, now=now)
    return dataclasses.replace(known, outlet=changed)


async def record_visit(unit: UnitOfWork, visit: Visit, *, identity: Identity, today: date) -> KnownOutlet:
    """Books what a supervisor did and found (CHN-34), and gives the outlet as it is known now.

    Raises NotFound OUTLET_UNKNOWN, InvalidInput VISIT_TO_COME, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *OUTLET_ROLES)
    visit.check_day(today)
    await get_outlet(unit, visit.outlet, branch=own_branch(identity))
    await insert_visit(unit, visit)
    return await get_outlet(unit, visit.outlet, branch=own_branch(identity))


async def get_outlet(unit: UnitOfWork, code: str, *, branch: str, field: str = "code") -> KnownOutlet:
    """The outlet, where the branch may see it. Raises NotFound OUTLET_UNKNOWN: a caller can't tell another branch's."""
    known = await find_outlet(unit, code, branch=branch)
    if known is None:
        raise NotFound(reason="OUTLET_UNKNOWN", field=field, detail=f"There is no outlet {code!r} in your branch.")
    return known
