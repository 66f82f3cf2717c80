"""Begins a referral if nothing speaks against it, and completes it at once where the friend has done all already."""

from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.app.end_lives import require_living
from svc_reward.app.require_referrer import require_referrer
from svc_reward.app.settle_referrals import LuckyCodes, settle_referrals
from svc_reward.domain.referral import (
    Referral,
    ReferralState,
    open_loop,
    recommend,
    require_below_cap,
    require_free,
    require_new_user,
)
from svc_reward.domain.referral_programme import Programme
from svc_reward.store.referrals import (
    count_friends,
    insert_referral,
    keep_referrals,
    lock_referrals,
    referral_chain,
    standing_referral,
)
from svc_reward.store.service_use import read_usage


async def begin_referral(
    unit: UnitOfWork,
    programme: Programme,
    *,
    referrer_id: int,
    friend_id: int,
    friend_hint: str,
    said_to_use: bool,
    at: datetime,
    lucky: LuckyCodes,
    code_issued_at: datetime | None = None,
) -> Referral:
    """The referral as it stands now (RWD-06). ``said_to_use``: the snapshot says that the friend is a user.

    Raises InvalidInput SELF_REFERRAL, StateRefused PROGRAMME_NOT_RUNNING, REFERRER_NOT_USER, FRIEND_IS_USER,
    FRIEND_RECOMMENDED, REFERRAL_LOOP, REFERRER_LIMIT or LIFE_ENDED. The lock on all referrals makes each of these hold.
    """
    terms = programme.terms
    programme.require_running(at)
    begun = recommend(
        terms,
        programme=programme.number,
        referrer_id=referrer_id,
        friend_id=friend_id,
        friend_hint=friend_hint,
        at=at,
        code_issued_at=code_issued_at,
    )
    await lock_referrals(unit)
    await require_living(unit, referrer_id, friend_id)
    await require_referrer(unit, terms, referrer_id)
    usage = (await read_usage(unit, [friend_id], terms.services))[friend_id]
    require_new_user(begun, terms, usage, said_to_use=said_to_use)
    standing = await standing_referral(unit, programme=programme.number, friend_id=friend_id)
    require_free(standing, referrer_id=referrer_id, at=at)
    chain = await referral_chain(unit, programme=programme.number, referrer_id=referrer_id)
    broken = open_loop(chain, friend_id=friend_id, at=at)
    friends = await count_friends(unit, programme=programme.number, referrer_id=referrer_id, at=at)
    require_below_cap(friends, terms)
    given_up = [replace(one, state=ReferralState.EXPIRED) for one in (standing, broken) if one is not None]
    if given_up:
        await keep_referrals(unit, given_up)
    number = await insert_referral(unit, begun)
    settled = await settle_referrals(unit, [friend_id], lucky=lucky)
    return next((one for one in settled if one.number == number), replace(begun, number=number))
