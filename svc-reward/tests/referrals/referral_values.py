"""Programmes and moments for the referrals' tests, made of domain values alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from svc_reward.domain.referral_programme import ProgrammeTerms
from svc_reward.domain.reward import Reward, RewardKind
from svc_reward.domain.reward_offer import RewardOffer

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CAMPAIGN = "friends"


def points(amount: int, currency: str = "seeds", **values: Any) -> Reward:
    return Reward(kind=RewardKind.CURRENCY, currency=currency, amount=amount, campaign_id=CAMPAIGN, **values)


def one(reward: Reward, *extras: Reward) -> RewardOffer:
    return RewardOffer(rewards=(reward,), extras=extras)


def terms(**changes: Any) -> ProgrammeTerms:
    """The MM programme of 2011: the friend becomes active, downloads and logs in (CMP-10)."""
    values: dict[str, Any] = {
        "name": "推荐送好礼",
        "campaign_id": CAMPAIGN,
        "services": ("MOBILE_MARKET",),
        "needs_activation": True,
        "event_types": ("downloaded", "logged_in"),
        "user_attribute": "",
        "referrer_must_use": False,
        "valid_from": NOON - 30 * DAY,
        "valid_to": NOON + 30 * DAY,
        "window_days": 14,
        "late_days": 2,
        "max_friends": 10,
        "referrer_offer": one(points(50)),
        "friend_offer": one(points(20)),
        "draw_id": "",
    }
    return ProgrammeTerms(**values | changes)
