"""Notes what an alliance partner has agreed to give members (RWD-34); no money of ours moves by it."""

from dataclasses import replace

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.domain.member_discount import Discount
from svc_reward.store.member_discounts import insert_discount

AGREERS = ("province_admin", "branch_operator")


async def create_discount(unit: UnitOfWork, discount: Discount, *, identity: Identity) -> Discount:
    """The discount under its number. Raises PermissionRefused ROLE_MISSING."""
    require_role(identity, *AGREERS)
    return await insert_discount(unit, replace(discount, made_by=identity.subject))
