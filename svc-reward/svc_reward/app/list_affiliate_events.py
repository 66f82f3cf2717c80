"""Shows an affiliate what came of its work (RWD-24); it must not show whose number is behind it."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity
from svc_reward.app.commission_access import find_own_affiliate
from svc_reward.store.commission_events import ToldEvent, list_events


async def list_affiliate_events(
    unit: UnitOfWork, *, identity: Identity, affiliate_id: str, after: tuple[int, int], limit: int
) -> list[ToldEvent]:
    """Priced events after a position, in the order of pricing. Raises NotFound AFFILIATE_UNKNOWN."""
    await find_own_affiliate(unit, identity=identity, affiliate_id=affiliate_id)
    return await list_events(unit, affiliate_id=affiliate_id, after=after, limit=limit)
