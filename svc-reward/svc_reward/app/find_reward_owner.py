"""Finds whom a rule pays for a deed; it must not decide whether it pays."""

import logging

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import AccountKind
from svc_reward.domain.activity import Activity
from svc_reward.domain.affiliate import EARNING_ACCOUNTS
from svc_reward.domain.grant_rule import GrantRule, Payee
from svc_reward.domain.reward_owner import RewardOwner, subscriber
from svc_reward.store.affiliates import find_affiliate

logger = logging.getLogger(__name__)


async def find_reward_owner(unit: UnitOfWork, rule: GrantRule, activity: Activity) -> RewardOwner | None:
    """The subscriber, the staff or the seller; None where the deed names nobody, or nobody whom the suite knows."""
    match rule.terms.payee:
        case Payee.SUBSCRIBER:
            return subscriber(activity.subscriber_id)
        case Payee.STAFF if activity.staff_id:
            try:
                return RewardOwner(kind=AccountKind.STAFF, id=activity.staff_id)
            except InvalidInput:
                logger.warning("%s names the staff %r, which is no staff id", activity.source, activity.staff_id)
        case Payee.SELLER if activity.seller_id:
            affiliate = await find_affiliate(unit, activity.seller_id)
            if affiliate is not None:
                return RewardOwner(kind=EARNING_ACCOUNTS[affiliate.kind], id=affiliate.id)
            logger.warning("%s names the seller %r, who is not registered", activity.source, activity.seller_id)
        case _:
            pass
    return None
