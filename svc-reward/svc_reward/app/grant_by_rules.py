"""Grants what deeds earn by the rules that hold, in the transaction that keeps them (RWD-22, RWD-23).

It must not grant for the same deed twice, whoever tells it and how often.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.app.find_reward_owner import find_reward_owner
from svc_reward.app.grant_plainly import grant_plainly
from svc_reward.app.offer_reward import offer_reward, release_reward, withhold_reward
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.activity import Activity
from svc_reward.domain.grant_decision import ORDER_TAKEN_BACK, OWNER_CAP, Known, Verdict, decide_shares, within_caps
from svc_reward.domain.grant_period import EVER, span_of
from svc_reward.domain.grant_rule import GrantRule
from svc_reward.domain.grant_shape import COUNTING
from svc_reward.domain.reward_grant import GrantState, Occasion, RewardGrant
from svc_reward.domain.reward_owner import RewardOwner
from svc_reward.store.activities import add_activities, find_order_ends, list_deeds
from svc_reward.store.grant_counts import count_decided, count_granted, count_owned, has_granted, lock_waiting
from svc_reward.store.grant_rules import approved_grant_rules, enter_gate, find_grant_rule, required_grant_rules
from svc_reward.store.reward_grants import keep_grant


async def grant_by_rules(unit: UnitOfWork, activities: Sequence[Activity], *, means: RewardMeans) -> None:
    """Keeps the deeds and grants what they earn; a deed that stands, or is told twice, is left as it is.

    Where no decision hangs on another all is booked together; the rest is decided one deed at a time.
    """
    activities = list({one.source: one for one in activities}.values())
    rules = {kind: await approved_grant_rules(unit, kind) for kind in {activity.kind for activity in activities}}
    heard = {one.source: [rule for rule in rules[one.kind] if rule.rewards(one)] for one in activities}
    required: set[int] = set()
    if any(heard.values()):
        await enter_gate(unit)
        required = await required_grant_rules(unit)
    ends = await find_order_ends(unit, activities)
    plain: list[Activity] = []
    left: list[Activity] = []
    for one in activities:
        by_itself = all(rule.is_plain and rule.number not in required for rule in heard[one.source])
        (plain if by_itself else left).append(one)
    fresh = await add_activities(unit, plain)
    await grant_plainly(
        unit, [(rule, one) for one in plain if one.source in fresh for rule in heard[one.source]], ends, means=means
    )
    for activity in left:
        # One after the other: of two first deeds in one batch the first is the first.
        if await add_activities(unit, [activity]):
            for rule in heard[activity.source]:
                await _grant(unit, rule, activity, ends, means)


async def release_waiting(unit: UnitOfWork, rule: int, owner: RewardOwner, *, means: RewardMeans) -> None:
    """Gives what has waited for that rule to grant to the owner first (RWD-45), and what waits for that in turn."""
    for grant in await lock_waiting(unit, rule, owner):
        later = await find_grant_rule(unit, grant.occasion.rule)
        if later is None or not await has_granted(unit, rule, owner, at=grant.occasion.at):
            continue
        await settle_within_caps(unit, later, grant, means=means)
        await release_waiting(unit, later.number, owner, means=means)


async def settle_within_caps(
    unit: UnitOfWork, rule: GrantRule, grant: RewardGrant, *, means: RewardMeans
) -> RewardGrant:
    """Gives a grant that was withheld if the rule's caps still allow all of it; it stays refused otherwise."""
    owner, terms = grant.occasion.owner, rule.terms
    span = span_of(terms.cap_period, grant.occasion.at, means.zone, within=rule.validity)
    verdict = within_caps(
        terms,
        grant.shares,
        owner_has=await count_owned(unit, rule.number, owner, span, but=grant.id),
        all_have=await count_granted(unit, rule.number),
    )
    if verdict.shares < grant.shares or verdict.reason:
        refused = grant.become(GrantState.REFUSED, means.clock.now(), reason=verdict.reason or OWNER_CAP)
        await keep_grant(unit, refused)
        return refused
    return await release_reward(unit, grant, means=means)


async def _grant(
    unit: UnitOfWork, rule: GrantRule, activity: Activity, ends: Mapping[str, datetime], means: RewardMeans
) -> None:
    owner = await find_reward_owner(unit, rule, activity)
    if owner is None:
        return
    taken_back = rule.terms.takes_back(activity.at, ends.get(activity.order_id))
    verdict = await _decide(unit, rule, activity, owner, means, taken_back=taken_back)
    if not verdict.shares:
        return
    terms = rule.terms
    occasion = Occasion(
        source=activity.source,
        owner=owner,
        at=activity.at,
        rule=rule.number,
        order_id=activity.order_id,
        once=terms.once,
    )
    if verdict.reason:
        state = GrantState.WAITING if verdict.waits else GrantState.REFUSED
        if verdict.reason == ORDER_TAKEN_BACK:
            state = GrantState.FORFEITED
        await withhold_reward(
            unit, terms.offer, occasion=occasion, shares=verdict.shares, state=state, reason=verdict.reason, means=means
        )
        return
    await offer_reward(unit, terms.offer, occasion=occasion, means=means, shares=verdict.shares)
    await release_waiting(unit, rule.number, owner, means=means)


async def _decide(
    unit: UnitOfWork,
    rule: GrantRule,
    activity: Activity,
    owner: RewardOwner,
    means: RewardMeans,
    *,
    taken_back: bool,
) -> Verdict:
    terms, validity = rule.terms, rule.validity
    span = span_of(terms.shape.span, activity.at, means.zone, within=validity)
    cap_span = span_of(terms.cap_period, activity.at, means.zone, within=validity)
    counts = terms.shape.kind in COUNTING
    known = Known(
        # A first deed is the first ever, not the first of the rule's time.
        deeds=await list_deeds(unit, rule, owner.id, EVER if terms.once else span) if counts else (),
        decided=await count_decided(unit, rule.number, owner, EVER if terms.once else span) if counts else 0,
        owner_has=await count_owned(unit, rule.number, owner, cap_span) if terms.owner_cap else 0,
        all_have=await count_granted(unit, rule.number) if terms.total_cap else 0,
        required=not terms.requires_rule or await has_granted(unit, terms.requires_rule, owner, at=activity.at),
        taken_back=taken_back,
    )
    return decide_shares(terms, activity, known, means.zone)
