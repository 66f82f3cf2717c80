"""Lets one more person into a group buy, and captures all when there are enough; all of them or none."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.capture_hold import capture_hold
from svc_reward.app.get_group_buy import require_group_buy
from svc_reward.app.reserve_hold import reserve_hold
from svc_reward.domain.account import redeemed_account
from svc_reward.domain.group_buy import GroupBuy, GroupBuyState
from svc_reward.domain.posting import ACCOUNT_UNKNOWN, INSUFFICIENT_FUNDS
from svc_reward.store.accounts import lock_standings, open_accounts
from svc_reward.store.group_buys import add_member, keep_group_buy, list_members


async def join_group_buy(unit: UnitOfWork, group_id: UUID, subscriber_id: int, *, clock: Clock) -> GroupBuy:
    """The group with its new member, captured when that was the last one needed.

    Raises NotFound GROUP_UNKNOWN, StateRefused GROUP_STATE, GROUP_CLOSED, ALREADY_JOINED, INSUFFICIENT_POINTS.
    """
    now = clock.now()
    joined = (await require_group_buy(unit, group_id, lock=True)).join(now)
    if not await add_member(unit, group_id, subscriber_id, at=now):
        raise StateRefused(reason="ALREADY_JOINED", field="msisdn", detail="this person is in the group already")
    if joined.is_full:
        # The accounts of all, in the ledger's order, before any of them is touched.
        await _lock_accounts(unit, joined, clock=clock)
    try:
        await reserve_hold(unit, joined.hold_for(subscriber_id, now))
    except StateRefused as error:
        if error.reason not in {INSUFFICIENT_FUNDS, ACCOUNT_UNKNOWN}:
            raise
        raise StateRefused(
            reason="INSUFFICIENT_POINTS",
            field="msisdn",
            detail=f"the subscriber has too few {joined.currency} that are free; collect more",
            metadata={"currency": joined.currency},
        ) from error
    if joined.is_full:
        joined = await _capture_all(unit, joined, clock=clock)
    await keep_group_buy(unit, joined)
    return joined


async def _lock_accounts(unit: UnitOfWork, group: GroupBuy, *, clock: Clock) -> None:
    target, now = redeemed_account(group.currency), clock.now()
    await open_accounts(unit, [target], now=now)
    members = await list_members(unit, group.id)
    await lock_standings(unit, [target, *(group.hold_for(member, now).account for member in members)])


async def _capture_all(unit: UnitOfWork, group: GroupBuy, *, clock: Clock) -> GroupBuy:
    now = clock.now()
    for member in await list_members(unit, group.id):
        await capture_hold(
            unit,
            hold_id=group.hold_for(member, now).id,
            amount=group.price,
            final=True,
            target=redeemed_account(group.currency),
            reason="group buy",
            clock=clock,
        )
    return group.end(GroupBuyState.CAPTURED, now)
