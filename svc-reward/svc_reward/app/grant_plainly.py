"""Grants what deeds earn by plain rules, all in a few statements; it must not be asked about rules that count or choose."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.app.end_lives import LIFE_ENDED
from svc_reward.app.find_reward_owner import find_reward_owner
from svc_reward.app.give_reward import transfer_id_of
from svc_reward.app.post_transfers import post_batches
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.account import AccountKind
from svc_reward.domain.activity import Activity
from svc_reward.domain.grant_decision import Known, decide_shares
from svc_reward.domain.grant_rule import GrantRule
from svc_reward.domain.reward_grant import GrantState, Occasion, RewardGrant, new_grants
from svc_reward.domain.transfer import Transfer, accounts_of
from svc_reward.domain.validity import Validity
from svc_reward.store.accounts import open_accounts
from svc_reward.store.ended_lives import ended_among
from svc_reward.store.grant_batches import add_plain_grants, keep_grants


async def grant_plainly(
    unit: UnitOfWork,
    earned: Sequence[tuple[GrantRule, Activity]],
    ends: Mapping[str, datetime],
    *,
    means: RewardMeans,
) -> None:
    """``earned`` are rules with ``is_plain`` and fresh deeds that they reward; ``ends`` says when orders ended.

    No decision hangs on another here, so all points are booked together: the accounts are locked once, in order.
    """
    grants = [grant for rule, activity in earned for grant in await _decide(unit, rule, activity, ends, means)]
    if not grants:
        return
    grants = await _without_ended(unit, grants, means)
    added = await add_plain_grants(unit, grants)
    payable = [grant for grant in grants if grant.id in added and grant.state is GrantState.WAITING]
    settled = await _pay(unit, payable, means)
    if settled:
        await keep_grants(unit, settled)


async def _without_ended(unit: UnitOfWork, grants: Sequence[RewardGrant], means: RewardMeans) -> list[RewardGrant]:
    """All of them; those of ended lives are forfeited."""
    # Who is no subscriber has none of these numbers, and no such end.
    ended = await ended_among(unit, [grant.occasion.owner.subscriber_id for grant in grants])
    now = means.clock.now()
    return [
        grant.become(GrantState.FORFEITED, now, reason=LIFE_ENDED)
        if grant.occasion.owner.subscriber_id in ended and grant.state is GrantState.WAITING
        else grant
        for grant in grants
    ]


async def _decide(
    unit: UnitOfWork, rule: GrantRule, activity: Activity, ends: Mapping[str, datetime], means: RewardMeans
) -> list[RewardGrant]:
    """The grant of one deed by one rule, or none."""
    taken_back = rule.terms.takes_back(activity.at, ends.get(activity.order_id))
    verdict = decide_shares(rule.terms, activity, Known(taken_back=taken_back), means.zone)
    owner = await find_reward_owner(unit, rule, activity) if verdict.shares else None
    if owner is None:
        return []
    occasion = Occasion(
        source=activity.source, owner=owner, at=activity.at, rule=rule.number, order_id=activity.order_id
    )
    now = means.clock.now()
    grants = new_grants(occasion, rule.terms.offer, shares=verdict.shares, at=now)
    if verdict.reason:
        return [grant.become(GrantState.FORFEITED, now, reason=verdict.reason) for grant in grants]
    return grants


async def _pay(unit: UnitOfWork, grants: Sequence[RewardGrant], means: RewardMeans) -> list[RewardGrant]:
    now = means.clock.now()
    payments = [_payment(grant, means) for grant in grants]
    accounts = accounts_of(payments)
    await open_accounts(unit, [one for one in accounts if one.kind is not AccountKind.CAMPAIGN_BUDGET], now=now)
    outcomes = await post_batches(unit, payments, clock=means.clock)
    return [
        grant.become(GrantState.GIVEN, now, reference=outcome.transfer_id)
        if outcome.stands
        else grant.become(GrantState.REFUSED, now, reason=outcome.result)
        for grant, outcome in zip(grants, outcomes, strict=True)
    ]


def _payment(grant: RewardGrant, means: RewardMeans) -> Transfer:
    (reward,) = grant.rewards
    payment = reward.payment(transfer_id_of(grant.id), grant.occasion.owner)
    return replace(payment, expires_at=Validity(rule=reward.validity).ends(means.clock.now(), means.zone))
