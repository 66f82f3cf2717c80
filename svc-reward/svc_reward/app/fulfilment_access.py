"""Who may issue, see and hand over what a campaign owes, city by city (RWD-02); it must not know tokens or metadata."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.domain.fulfilment import Fulfilment
from svc_reward.domain.reward_report import RewardReport
from svc_reward.store.fulfilments import find_item
from svc_reward.store.reward_reports import find_report

# Reports come from the province, and so do corrections of them.
ISSUERS = ("province_admin",)
# Who works for the whole province sees every city; a branch sees its own.
PROVINCE_WIDE = frozenset({"province_admin", "approver", "auditor"})
READERS = ("branch_operator", *PROVINCE_WIDE)
# A city's people hand over what is their city's; the province hands over what is no city's.
HANDS = ("branch_operator", "province_admin")


def readable_city(identity: Identity, city: str | None) -> str | None:
    """The city to look at, None for all. Raises PermissionRefused ROLE_MISSING or BRANCH_FOREIGN."""
    require_role(identity, *READERS)
    if identity.roles & PROVINCE_WIDE or not identity.branch:
        return city
    if city not in {None, identity.branch}:
        raise PermissionRefused(reason="BRANCH_FOREIGN", field="city", detail="a branch sees its own city alone")
    return identity.branch


async def find_readable_report(unit: UnitOfWork, report_id: UUID, *, for_change: bool = False) -> RewardReport:
    """Raises NotFound REPORT_UNKNOWN; who may see what of it is its reader's matter."""
    report = await find_report(unit, report_id, for_change=for_change)
    if report is None:
        raise NotFound(reason="REPORT_UNKNOWN", field="id", detail=f"there is no reward report {report_id}")
    return report


async def find_readable_item(
    unit: UnitOfWork, item_id: UUID, *, identity: Identity, for_change: bool = False
) -> Fulfilment:
    """An item that the caller may see. Raises NotFound FULFILMENT_UNKNOWN, the same for one of another city."""
    require_role(identity, *READERS)
    item = await find_item(unit, item_id, for_change=for_change)
    wide = identity.roles & PROVINCE_WIDE or not identity.branch
    if item is None or not (wide or item.city == identity.branch):
        raise NotFound(
            reason="FULFILMENT_UNKNOWN", field="id", detail="there is no such item among those that you may see"
        )
    return item


async def lock_own_item(unit: UnitOfWork, item_id: UUID, *, identity: Identity) -> Fulfilment:
    """An item that the caller's city hands over, held until the transaction ends.

    Raises NotFound FULFILMENT_UNKNOWN, PermissionRefused ROLE_MISSING or CITY_FOREIGN: the province sees a city's items
    and yet leaves them to the city, whose people alone can know what was handed over there.
    """
    require_role(identity, *HANDS)
    item = await find_readable_item(unit, item_id, identity=identity, for_change=True)
    if item.city is not None and item.city != identity.branch:
        raise PermissionRefused(
            reason="CITY_FOREIGN", field="id", detail=f"this is for {item.city or 'the province'} to hand over"
        )
    return item
