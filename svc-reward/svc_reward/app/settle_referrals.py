"""Judges the open referrals of friends by what is known of them and rewards both sides of what is complete, once.

It must be called with all referrals locked and what became known already kept: ledger accounts come last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.add_draw_entries import add_draw_entries
from svc_reward.app.give_reward import GIVER
from svc_reward.app.offer_reward import offer_reward
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.draw_entrant import Entry
from svc_reward.domain.referral import Referral, ReferralState
from svc_reward.domain.referral_code import CODE_COUNT, make_referral_code
from svc_reward.domain.referral_programme import ProgrammeTerms
from svc_reward.store.referral_programmes import read_programmes
from svc_reward.store.referrals import keep_referrals, open_referrals
from svc_reward.store.service_use import read_usage

ENTERED = "ENTERED"


@dataclass(frozen=True, slots=True, kw_only=True)
class LuckyCodes:
    """What completion takes: the means of rewards, and ``randoms(n)``, a random number below n, for lucky codes."""

    means: RewardMeans
    randoms: Callable[[int], int]


async def settle_referrals(unit: UnitOfWork, friend_ids: Sequence[int], *, lucky: LuckyCodes) -> list[Referral]:
    """Those that moved, as they are now (RWD-06, RWD-08).

    A reward that the budget can't bear is kept as a refused grant, which an operator can have tried again.
    """
    standing = await open_referrals(unit, friend_ids)
    if not standing:
        return []
    programmes = await read_programmes(unit, sorted({referral.programme for referral in standing}))
    services = sorted({service for programme in programmes.values() for service in programme.terms.services})
    usages = await read_usage(unit, sorted({referral.friend_id for referral in standing}), services)
    moved = []
    for referral in standing:
        terms = programmes[referral.programme].terms
        judged = referral.judged(terms, usages[referral.friend_id])
        if judged.state is ReferralState.OPEN:
            continue
        if judged.state is ReferralState.COMPLETED:
            judged = await _enter(unit, judged, terms, lucky)
        moved.append(judged)
    await keep_referrals(unit, moved)
    for referral in moved:
        if referral.state is ReferralState.COMPLETED:
            await _reward(unit, referral, programmes[referral.programme].terms, lucky.means)
    return moved


async def _enter(unit: UnitOfWork, referral: Referral, terms: ProgrammeTerms, lucky: LuckyCodes) -> Referral:
    """With a lucky code in the draw (RWD-08); one that is closed takes none, and that does not undo the referral."""
    if not terms.draw_id:
        return referral
    code = make_referral_code(lucky.randoms(CODE_COUNT))
    ticket = Entry(subscriber_id=referral.referrer_id, source_key=f"code:{code}")
    try:
        await add_draw_entries(unit, terms.draw_id, [ticket], subscribed_month="", actor=GIVER, clock=lucky.means.clock)
    except StateRefused as error:
        return replace(referral, lucky_code=code, entry=error.reason)
    return replace(referral, lucky_code=code, entry=ENTERED)


async def _reward(unit: UnitOfWork, referral: Referral, terms: ProgrammeTerms, means: RewardMeans) -> None:
    offers = (terms.referrer_offer, terms.friend_offer)
    for occasion, offer in zip(referral.occasions(), offers, strict=True):
        if offer is not None:
            await offer_reward(unit, offer, occasion=occasion, means=means)
