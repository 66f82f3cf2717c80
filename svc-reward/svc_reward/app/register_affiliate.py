"""Registers who will earn commission and gives the id (GWY-10, RWD-13, RWD-14); it must not give an id twice."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict, PermissionRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import REGISTRARS
from svc_reward.domain.affiliate import OPEN_KINDS, Affiliate, AffiliateKind
from svc_reward.store.affiliates import insert_affiliate


async def register_affiliate(
    unit: UnitOfWork, *, identity: Identity, affiliate_id: str, kind: AffiliateKind, name: str, at: datetime
) -> Affiliate:
    """Affiliates register themselves as one of the four open classes; halls, outlets and the like the operator does.

    Raises PermissionRefused ROLE_MISSING or KIND_RESERVED, Conflict AFFILIATE_EXISTS, InvalidInput AFFILIATE_INVALID.
    """
    require_role(identity, *REGISTRARS)
    if kind not in OPEN_KINDS and identity.roles.isdisjoint({"province_admin", "branch_operator"}):
        raise PermissionRefused(
            reason="KIND_RESERVED", field="kind", detail=f"a {kind} is registered by the operator, not by itself"
        )
    affiliate = Affiliate(
        id=affiliate_id,
        kind=kind,
        name=name,
        branch=identity.branch,
        registered_by=identity.subject,
        registered_at=at,
    )
    if not await insert_affiliate(unit, affiliate):
        raise Conflict(
            reason="AFFILIATE_EXISTS", field="id", detail=f"the id {affiliate_id!r} is taken; choose another"
        )
    return affiliate
