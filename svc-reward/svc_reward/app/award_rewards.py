"""Grants what a jury has found worth a reward (RWD-04's judged award); it must not let a rule's maker judge."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.grant_access import CHECKERS, unknown_rule
from svc_reward.app.grant_by_rules import grant_by_rules
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.activity import judged_activity
from svc_reward.domain.reward_grant import Occasion, RewardGrant
from svc_reward.domain.reward_owner import subscriber
from svc_reward.store.grant_rules import find_grant_rule
from svc_reward.store.reward_grants import find_grants


async def award_rewards(
    unit: UnitOfWork,
    *,
    identity: Identity,
    number: int,
    reference: str,
    subscriber_ids: Sequence[int],
    means: RewardMeans,
) -> list[RewardGrant]:
    """What each of them was granted under the jury's reference, once; the rule's caps hold as always.

    Raises NotFound GRANT_RULE_UNKNOWN, StateRefused GRANT_RULE_STATE, PermissionRefused MAKER_IS_CHECKER or
    ROLE_MISSING, InvalidInput SOURCE_INVALID.
    """
    require_role(identity, *CHECKERS)
    rule = await find_grant_rule(unit, number)
    if rule is None:
        raise unknown_rule(number)
    now = means.clock.now()
    rule.require_jury(identity.subject, now)
    deeds = [judged_activity(rule=number, reference=reference, subscriber_id=one, at=now) for one in subscriber_ids]
    await grant_by_rules(unit, deeds, means=means)
    occasions = [
        Occasion(
            source=deed.source, owner=subscriber(deed.subscriber_id), at=deed.at, rule=number, once=rule.terms.once
        )
        for deed in deeds
    ]
    ids = [occasion.grant_id() for occasion in occasions]
    granted = await find_grants(unit, ids)
    return [granted[grant_id] for grant_id in ids if grant_id in granted]
