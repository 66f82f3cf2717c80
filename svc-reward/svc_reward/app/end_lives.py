"""Gives up what is still open for subscribers whose lives ended; it must not touch what the ledger has booked.

Points of an ended life stay on its accounts, which nobody can name any more: whoever has the number next has another
ordinal, and so accounts of the own. What expires goes on expiring.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.domain.referral import ReferralState
from svc_reward.domain.reward_grant import GrantState
from svc_reward.store.ended_lives import (
    end_uses,
    ended_among,
    keep_ended,
    lock_open_grants,
    open_referrals_of,
)
from svc_reward.store.grant_batches import keep_grants
from svc_reward.store.grant_rules import enter_gate
from svc_reward.store.referrals import keep_referrals, lock_referrals

LIFE_ENDED = "LIFE_ENDED"


async def end_lives(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime) -> None:
    """From now on they earn nothing (``LIFE_ENDED``); hearing of the same life again changes nothing.

    Open referrals of theirs and by them are given up, services are used no more, choices and waiting rewards are
    forfeited. Rewards, redemptions and the drawn stay what they are.
    """
    await lock_referrals(unit)
    await enter_gate(unit)
    await keep_ended(unit, subscriber_ids, at=at)
    given_up = [replace(one, state=ReferralState.EXPIRED) for one in await open_referrals_of(unit, subscriber_ids)]
    if given_up:
        await keep_referrals(unit, given_up)
    await end_uses(unit, subscriber_ids, at=at)
    forfeited = [
        grant.become(GrantState.FORFEITED, at, reason=LIFE_ENDED)
        for grant in await lock_open_grants(unit, subscriber_ids)
    ]
    if forfeited:
        await keep_grants(unit, forfeited)


async def require_living(unit: UnitOfWork, *subscriber_ids: int) -> None:
    """Raises StateRefused LIFE_ENDED where one of them was given back or ported away."""
    if await ended_among(unit, subscriber_ids):
        raise StateRefused(
            reason=LIFE_ENDED,
            field="subscriber_id",
            detail="the life behind this number ended; who has the number now is somebody else",
        )
