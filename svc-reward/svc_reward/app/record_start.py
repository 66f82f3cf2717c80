"""Keeps that a subscriber uses a service from now on, and settles what waited for it; once for each order."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.app.settle_referrals import LuckyCodes, settle_referrals
from svc_reward.domain.referral import Referral
from svc_reward.store.referral_programmes import is_recommended
from svc_reward.store.referrals import lock_referrals
from svc_reward.store.service_use import start_use


async def record_start(
    unit: UnitOfWork, *, order_id: str, subscriber_id: int, service: str, at: datetime, lucky: LuckyCodes
) -> list[Referral]:
    """The referrals that it moved. A service that nobody recommends is only kept, without waiting for anybody."""
    recommended = await is_recommended(unit, service)
    if recommended:
        await lock_referrals(unit)
    await start_use(unit, order_id=order_id, subscriber_id=subscriber_id, service=service, at=at)
    return await settle_referrals(unit, [subscriber_id], lucky=lucky) if recommended else []
