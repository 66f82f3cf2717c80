"""Lets a subscriber give own points to a friend, and tells it; it must not give what the giver has not (RWD-41)."""

from collections.abc import Callable
from datetime import tzinfo
from uuid import UUID

from carillon.reward.v1.facts_pb2 import GiftGiven
from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from carillon_chassis.outbox import tell
from svc_reward.app.post_transfers import post_transfers
from svc_reward.app.redeem_prize import require_booked
from svc_reward.app.referral_access import SERVING
from svc_reward.domain.gift import Gift, require_gift_left
from svc_reward.store.accounts import lock_standings, open_accounts
from svc_reward.store.gifts import count_gift, insert_gift
from svc_reward.store.lots import list_open_lots


async def give_gift(
    unit: UnitOfWork,
    *,
    identity: Identity,
    giver_id: int,
    friend_id: int,
    currency: str,
    amount: int,
    clock: Clock,
    zone: tzinfo,
    ids: Callable[[], UUID],
) -> Gift:
    """The gift, booked subscriber to subscriber, of which both are told by GiftGiven.

    Raises PermissionRefused ROLE_MISSING, InvalidInput GIFT_INVALID, StateRefused GIFT_LIMIT or INSUFFICIENT_POINTS.
    """
    require_role(identity, *SERVING)
    now = clock.now()
    gift = Gift(id=ids(), giver_id=giver_id, friend_id=friend_id, currency=currency, amount=amount, given_at=now)
    require_gift_left(await count_gift(unit, giver_id, now.astimezone(zone).date()))
    await insert_gift(unit, gift)
    giver, friend = gift.accounts
    await open_accounts(unit, [giver, friend], now=now)
    # Both at once, in the ledger's order: two friends may give to each other in the same moment.
    standing = (await lock_standings(unit, [giver, friend]))[giver]
    lots = await list_open_lots(unit, [standing.account], []) if standing.lots else []
    for outcome in await post_transfers(unit, gift.transfers(lots), clock=clock):
        require_booked(outcome, currency=currency)
    given = GiftGiven(gift_id=str(gift.id), giver_id=giver_id, friend_id=friend_id, currency=currency, amount=amount)
    await tell(unit, given, occurred_at=now)
    return gift
