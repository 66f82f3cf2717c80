"""Tries again what could not be booked, for an operator who has removed the reason; it must not pass by a cap."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.grant_access import OPERATORS, unknown_grant, unknown_rule
from svc_reward.app.grant_by_rules import release_waiting, settle_within_caps
from svc_reward.app.offer_reward import release_reward
from svc_reward.app.reward_means import RewardMeans
from svc_reward.app.take_back_order import take_back_grant
from svc_reward.domain.grant_rule import GrantRule
from svc_reward.domain.reward_grant import GrantState, RewardGrant
from svc_reward.store.grant_rules import enter_gate, find_grant_rule
from svc_reward.store.reward_grants import find_grant, page_refusals, require_grant

# Grants tried again in one transaction, which holds their accounts until it ends.
MAX_RETRIES = 200


async def retry_grant(unit: UnitOfWork, *, identity: Identity, grant_id: UUID, means: RewardMeans) -> RewardGrant:
    """A refused grant is given if it can be now; a given one that could not be taken back is taken back if it can.

    Either may be refused anew, and then says why. Raises NotFound GRANT_UNKNOWN, StateRefused GRANT_STATE for a grant
    that nothing hinders, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *OPERATORS)
    await enter_gate(unit)
    grant = await find_grant(unit, grant_id, lock=True)
    if grant is None:
        raise unknown_grant()
    if grant.state is GrantState.GIVEN and grant.reason:
        return await take_back_grant(unit, grant, means=means)
    if grant.state is not GrantState.REFUSED:
        raise StateRefused(
            reason="GRANT_STATE",
            field="id",
            detail=f"only what was refused is tried again; this grant is {grant.state}",
            metadata={"from": grant.state, "to": GrantState.GIVEN},
        )
    if not grant.occasion.rule:
        return await release_reward(unit, grant, means=means)
    rule = await find_grant_rule(unit, grant.occasion.rule)
    if rule is None:
        raise unknown_rule(grant.occasion.rule)
    return await _retry(unit, rule, grant, means)


async def retry_refusals(
    unit: UnitOfWork, *, identity: Identity, number: int, after: UUID, means: RewardMeans
) -> list[RewardGrant]:
    """The next refused grants of a rule after an id, as they stand now; fewer than MAX_RETRIES were the last.

    Raises NotFound GRANT_RULE_UNKNOWN, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *OPERATORS)
    await enter_gate(unit)
    rule = await find_grant_rule(unit, number)
    if rule is None:
        raise unknown_rule(number)
    refused = await page_refusals(unit, number, after=after, limit=MAX_RETRIES, lock=True)
    return [await _retry(unit, rule, grant, means) for grant in refused]


async def _retry(unit: UnitOfWork, rule: GrantRule, grant: RewardGrant, means: RewardMeans) -> RewardGrant:
    standing = await require_grant(unit, grant.id)
    if standing.state is not GrantState.REFUSED:
        # An extra that came with its reward, earlier in the same page.
        return standing
    if grant.part:
        return await release_reward(unit, grant, means=means)
    settled = await settle_within_caps(unit, rule, grant, means=means)
    await release_waiting(unit, rule.number, grant.occasion.owner, means=means)
    return settled
