"""Approves a grant rule, by another person than its maker, or ends one; it must not change what it says."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.grant_access import CHECKERS, unknown_rule
from svc_reward.domain.grant_rule import GrantRule
from svc_reward.store.grant_rules import find_grant_rule, keep_grant_rule


async def approve_grant_rule(unit: UnitOfWork, *, identity: Identity, number: int, at: datetime) -> GrantRule:
    """Raises NotFound GRANT_RULE_UNKNOWN, StateRefused GRANT_RULE_STATE, PermissionRefused MAKER_IS_CHECKER."""
    require_role(identity, *CHECKERS)
    approved = (await _lock(unit, number)).approve(identity.subject, at)
    await keep_grant_rule(unit, approved)
    return approved


async def end_grant_rule(unit: UnitOfWork, *, identity: Identity, number: int, at: datetime) -> GrantRule:
    """For deeds from now on; what was done before still earns. Raises as above, but one person is enough."""
    require_role(identity, *CHECKERS)
    ended = (await _lock(unit, number)).end(identity.subject, at)
    await keep_grant_rule(unit, ended)
    return ended


async def _lock(unit: UnitOfWork, number: int) -> GrantRule:
    rule = await find_grant_rule(unit, number, lock=True)
    if rule is None:
        raise unknown_rule(number)
    return rule
