"""Lists what a subscriber has; it must not show what ended."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.permissions import READING_ROLES
from svc_catalog.domain.subscription import Subscription
from svc_catalog.store import subscriptions


async def list_subscriptions(unit: UnitOfWork, *, identity: Identity, subscriber_id: int) -> list[Subscription]:
    """Gives the running subscriptions, the oldest first. Raises PermissionRefused ROLE_MISSING.

    Every branch sees them: a subscriber on the road is served in another branch's hall.
    """
    require_role(identity, *READING_ROLES)
    return await subscriptions.list_subscriptions(unit, subscriber_id)
