"""Rewards those whose points grew fast, once a finished period (RWD-28); it must not look at a running one."""

from carillon_chassis.database import UnitOfWork
from svc_reward.app.grant_by_rules import grant_by_rules
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.activity import ActivityKind, growth_activity
from svc_reward.domain.grant_rule import GrantRule
from svc_reward.domain.growth import MOMENT, Growth
from svc_reward.store.grant_rules import approved_grant_rules
from svc_reward.store.growth_runs import keep_growth_run, lock_growth_run, page_growth

# Accounts of one transaction: some of them are granted something, which holds their balances until it ends.
PAGE_ACCOUNTS = 200


async def reward_growth(unit: UnitOfWork, *, means: RewardMeans) -> bool:
    """Goes one page of accounts further, by the first rule whose period is not done; whether there was one.

    The deeds of a period are told by rule, period and subscriber, so that a run done again grants nothing twice.
    """
    for rule in await approved_grant_rules(unit, ActivityKind.GROWTH):
        if rule.terms.growth is not None and await _go_on(unit, rule, rule.terms.growth, means):
            return True
    return False


async def _go_on(unit: UnitOfWork, rule: GrantRule, growth: Growth, means: RewardMeans) -> bool:
    span = growth.last_finished(means.clock.now(), means.zone)
    last = span.end - MOMENT
    if not rule.validity.start <= last < rule.validity.end:
        return False
    after = await lock_growth_run(unit, rule.number, span)
    if after is None:
        return False
    page = await page_growth(unit, growth, span, rule=rule.number, after=after, limit=PAGE_ACCOUNTS)
    label = span.start.astimezone(means.zone).date().isoformat()
    grown = [
        growth_activity(rule=rule.number, period=label, subscriber_id=one.subscriber_id, growth=one.amount, at=last)
        for one in page
        if one.amount >= growth.least
    ]
    await grant_by_rules(unit, grown, means=means)
    account = page[-1].account if page else after
    await keep_growth_run(unit, rule.number, span, account=account, finished=len(page) < PAGE_ACCOUNTS)
    return True
