"""Proposes a dated policy (RWD-21, A-22); it must not let it pay before another person has approved it."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.commission_access import MAKERS, unknown_affiliate
from svc_reward.domain.commission_matrix import CommissionMatrix
from svc_reward.domain.commission_policy import Policy, PolicyTerms, check_stated
from svc_reward.store.affiliates import find_affiliate
from svc_reward.store.commission_policies import insert_policy


async def create_policy(
    unit: UnitOfWork, *, identity: Identity, matrix: CommissionMatrix, terms: PolicyTerms, at: datetime
) -> Policy:
    """Raises InvalidInput NOT_STATED or POLICY_INVALID, NotFound AFFILIATE_UNKNOWN, PermissionRefused ROLE_MISSING."""
    require_role(identity, *MAKERS)
    check_stated(terms, matrix)
    if terms.affiliate_id:
        affiliate = await find_affiliate(unit, terms.affiliate_id)
        if affiliate is None:
            raise unknown_affiliate()
        if affiliate.kind is not terms.affiliate_kind:
            raise InvalidInput(
                reason="POLICY_INVALID",
                field="affiliate_kind",
                detail=f"{affiliate.id} is a {affiliate.kind}, not a {terms.affiliate_kind}",
            )
    return await insert_policy(unit, terms, made_by=identity.subject, at=at)
