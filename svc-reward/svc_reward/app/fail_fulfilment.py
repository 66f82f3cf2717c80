"""Says why a city can't hand an item over (RWD-03), and reports it once more when the province has corrected it."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.fulfilment_access import ISSUERS, find_readable_item, lock_own_item
from svc_reward.domain.fulfilment import MAX_REASON_LENGTH, Fulfilment, Step, check_text
from svc_reward.store.fulfilments import save_item


async def fail_fulfilment(
    unit: UnitOfWork, item_id: UUID, *, reason: str, identity: Identity, clock: Clock
) -> Fulfilment:
    """Raises NotFound FULFILMENT_UNKNOWN, PermissionRefused CITY_FOREIGN, StateRefused, InvalidInput REASON_MISSING."""
    item = await lock_own_item(unit, item_id, identity=identity)
    failed = item.fail(reason=reason, at=clock.now())
    await save_item(unit, failed, step=Step.FAIL, by=identity.subject, note=reason)
    return failed


async def report_fulfilment_again(
    unit: UnitOfWork, item_id: UUID, *, city: str, note: str, identity: Identity, clock: Clock
) -> Fulfilment:
    """Raises NotFound FULFILMENT_UNKNOWN, PermissionRefused ROLE_MISSING, StateRefused REPORT_FINAL or FULFILMENT_STATE."""
    require_role(identity, *ISSUERS)
    item = await find_readable_item(unit, item_id, identity=identity, for_change=True)
    check_text("note", note, MAX_REASON_LENGTH)
    reported = item.report_again(city=city, by=identity.subject, at=clock.now())
    await save_item(unit, reported, step=Step.REPORT_AGAIN, by=identity.subject, note=note)
    return reported
