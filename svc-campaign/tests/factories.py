"""Makes sound domain values for tests, each field open to a keyword; holds no assertions."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.message import Message
from svc_campaign.domain.plan import Arm, CampaignPlan, Reward
from svc_campaign.domain.state import CampaignState
from svc_campaign.domain.template import parse_template

MAKER = Actor(subject="maker", roles=frozenset({"branch_operator"}), branch="hangzhou")
APPROVER = Actor(subject="approver", roles=frozenset({"approver"}), branch="")
ADMIN = Actor(subject="admin", roles=frozenset({"province_admin"}), branch="")
LAUNCHED_AT = datetime(2026, 11, 1, 8, tzinfo=UTC)


def a_message(text: str = "Hello", **values: Any) -> Message:
    """An SMS, unless another channel is named."""
    return Message(**({"template": parse_template(text, field="plan.arms[0].template")} | values))


def an_arm(name: str = "mens", text: str = "Hello {zip_code|friend}: {link}", **values: Any) -> Arm:
    """A treatment arm."""
    values.setdefault("segment_id", UUID(int=hash(name) % 2**64))
    return Arm(name=name, holdout=False, **({"message": a_message(text)} | values))


def a_holdout(name: str = "holdout", **values: Any) -> Arm:
    """A hold-out arm."""
    return Arm(name=name, holdout=True, message=None, **({"segment_id": UUID(int=7)} | values))


def a_plan(**values: Any) -> CampaignPlan:
    """A plan of one treatment arm and a hold-out."""
    standard: dict[str, Any] = {
        "name": "hillstrom-2008",
        "arms": (a_holdout(), an_arm()),
        "sender": "10086",
        "link_target": "https://portal.example/offer",
        "window_days": 14,
        "response_events": ("visit",),
        "conversion_services": ("WIRELESS_MUSIC",),
        "reward": Reward(currency="points", points_per_conversion=50, budget_points=100_000),
    }
    return CampaignPlan(**(standard | values))


def a_campaign(**values: Any) -> Campaign:
    """A draft made by MAKER."""
    standard: dict[str, Any] = {
        "id": UUID(int=1),
        "plan": a_plan(),
        "state": CampaignState.DRAFT,
        "branch": "hangzhou",
        "created_by": "maker",
        "created_at": LAUNCHED_AT,
    }
    return Campaign(**(standard | values))
