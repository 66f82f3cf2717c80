"""Keeps the first events that programmes ask for, and settles what waited for them (RWD-06); it keeps no others."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.app.settle_referrals import LuckyCodes, settle_referrals
from svc_reward.domain.referral import Referral
from svc_reward.store.referral_programmes import asked_event_types
from svc_reward.store.referrals import lock_referrals
from svc_reward.store.service_use import keep_first_events


async def record_events(
    unit: UnitOfWork, events: Sequence[tuple[int, str, datetime]], *, lucky: LuckyCodes
) -> list[Referral]:
    """The referrals that these (subscriber, type, moment) moved; all are settled together."""
    asked = await asked_event_types(unit)
    wanted = [event for event in events if event[1] in asked]
    if not wanted:
        return []
    await lock_referrals(unit)
    await keep_first_events(unit, wanted)
    return await settle_referrals(unit, sorted({subscriber_id for subscriber_id, _, _ in wanted}), lucky=lucky)
