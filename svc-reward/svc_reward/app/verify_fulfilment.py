"""Says that a city has looked at what it is to hand over (RWD-02); it must not be said by who reported it."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity
from svc_reward.app.fulfilment_access import lock_own_item
from svc_reward.domain.fulfilment import Fulfilment, Step
from svc_reward.store.fulfilments import save_item


async def verify_fulfilment(unit: UnitOfWork, item_id: UUID, *, identity: Identity, clock: Clock) -> Fulfilment:
    """Raises NotFound FULFILMENT_UNKNOWN, PermissionRefused CITY_FOREIGN or MAKER_IS_CHECKER, StateRefused."""
    item = await lock_own_item(unit, item_id, identity=identity)
    verified = item.verify(by=identity.subject, at=clock.now())
    await save_item(unit, verified, step=Step.VERIFY, by=identity.subject, note="")
    return verified
