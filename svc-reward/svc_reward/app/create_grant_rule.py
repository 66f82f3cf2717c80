"""Proposes a grant rule; it must not let it grant before another person has approved it."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.draw_access import found
from svc_reward.app.get_prize import require_prize
from svc_reward.app.grant_access import MAKERS, unknown_rule
from svc_reward.domain.grant_rule import GrantRule, GrantTerms
from svc_reward.domain.reward import Reward, RewardKind
from svc_reward.store.draws import read_draw
from svc_reward.store.grant_rules import find_grant_rule, insert_grant_rule


async def create_grant_rule(unit: UnitOfWork, *, identity: Identity, terms: GrantTerms, at: datetime) -> GrantRule:
    """What it names has to be there: a prize, a draw, a rule that comes first.

    Raises NotFound PRIZE_UNKNOWN, DRAW_UNKNOWN or GRANT_RULE_UNKNOWN, InvalidInput REQUIRED_RULE_INVALID,
    PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *MAKERS)
    for reward in (*terms.offer.rewards, *terms.offer.extras):
        await _require_known(unit, reward)
    if terms.requires_rule:
        first = await find_grant_rule(unit, terms.requires_rule)
        if first is None:
            raise unknown_rule(terms.requires_rule)
        if first.terms.payee is not terms.payee:
            raise InvalidInput(
                reason="REQUIRED_RULE_INVALID",
                field="requires_rule",
                detail=f"rule {first.number} pays a {first.terms.payee}, this one a {terms.payee}; nobody is both",
            )
    return await insert_grant_rule(unit, terms, made_by=identity.subject, at=at)


async def _require_known(unit: UnitOfWork, reward: Reward) -> None:
    if reward.kind is RewardKind.PRIZE:
        await require_prize(unit, reward.prize, field="prize")
    elif reward.kind is RewardKind.DRAW_ENTRY:
        found(await read_draw(unit, reward.draw_id))
