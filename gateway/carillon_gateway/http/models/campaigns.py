"""Campaigns and their plans in JSON; it must not judge a plan beyond its shape."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from carillon.campaign.v1 import campaign_pb2
from carillon_gateway.http.models.arms import Arm, ArmView, parse_arm, render_arm
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    ShortText,
    Text,
    render_optional_time,
    render_state,
    render_time,
)
from carillon_gateway.http.models.triggers import Trigger, TriggerView, parse_trigger, render_trigger

CampaignState = Literal["draft", "submitted", "approved", "rejected", "launching", "running", "completed"]


class Reward(Body):
    """Points for each contacted subscriber who converts, once."""

    currency: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["experience_points"])
    points_per_conversion: int = Field(gt=0, le=1_000_000_000)
    budget_points: int = Field(gt=0, le=1_000_000_000_000)


class Plan(Body):
    """Whom a campaign speaks to, what it says, and what counts as an answer (CMP-01)."""

    name: Text = Field(min_length=1, max_length=120, examples=["hillstrom-2008"])
    arms: list[Arm] = Field(min_length=1, max_length=20)
    sender: str = Field(
        pattern=r"^[0-9]{3,20}$", description="Messages come from it, answers go to it", examples=["10086"]
    )
    link_target: Text = Field(
        default="", max_length=500, pattern=r"^(https?://.+)?$", description="Where tracked links lead"
    )
    window_days: int = Field(ge=1, le=365, description="Days after launch in which answers, events and orders count")
    response_events: list[ShortText] = Field(default_factory=list, max_length=20, examples=[["site_visit"]])
    conversion_services: list[ShortText] = Field(min_length=1, max_length=50, examples=[["CRBT"]])
    reward: Reward | None = None
    triggers: list[Trigger] = Field(
        default_factory=list,
        max_length=20,
        description="What members do that is answered at once or counts as an answer",
    )


class RejectCampaign(Body):
    """Why the checker sends a campaign back."""

    reason: Text = Field(min_length=1, max_length=500)


class Progress(Answer):
    """How far the launch has come, in subscribers and messages."""

    members: int
    contacts_booked: int
    handed_to_channel: int
    delivered: int
    failed: int
    in_doubt: int = Field(description="Messages that a broken link left in doubt and that were sent again")
    problem: str | None = Field(description="Why the launch stands still; absent while it goes on")
    budget_percent: int = Field(description="The mark of the reward budget that was reached: 0, 80 or 100")
    answers: int = Field(description="Answers to triggers that were handed over")


class RewardView(Answer):
    """The reward as planned."""

    currency: str
    points_per_conversion: int
    budget_points: int


class Campaign(Answer):
    """A campaign, its plan and where it stands."""

    id: str
    name: str
    state: CampaignState
    branch: str
    arms: list[ArmView]
    sender: str
    link_target: str
    window_days: int
    response_events: list[str]
    conversion_services: list[str]
    reward: RewardView | None
    triggers: list[TriggerView]
    created_by: str
    submitted_by: str | None
    approved_by: str | None
    rejection_reason: str | None
    created_at: datetime
    launched_at: datetime | None
    window_ends_at: datetime | None
    progress: Progress


class Campaigns(Answer):
    """A page of campaigns."""

    campaigns: list[Campaign]
    next_page_token: str


def parse_plan(plan: Plan) -> campaign_pb2.CampaignPlan:
    """The plan for svc-campaign."""
    reward = plan.reward
    return campaign_pb2.CampaignPlan(
        name=plan.name,
        arms=[parse_arm(arm) for arm in plan.arms],
        sender=plan.sender,
        link_target=plan.link_target,
        window_days=plan.window_days,
        response_events=plan.response_events,
        conversion_services=plan.conversion_services,
        reward=None if reward is None else campaign_pb2.Reward(**reward.model_dump()),
        triggers=[parse_trigger(trigger) for trigger in plan.triggers],
    )


def render_campaign(campaign: campaign_pb2.Campaign) -> Campaign:
    """The campaign as JSON has it."""
    plan = campaign.plan
    return Campaign(
        id=campaign.id,
        name=plan.name,
        state=render_state(campaign_pb2.CampaignState.Name(campaign.state), "CAMPAIGN_STATE_"),
        branch=campaign.branch,
        arms=[render_arm(arm) for arm in plan.arms],
        sender=plan.sender,
        link_target=plan.link_target,
        window_days=plan.window_days,
        response_events=list(plan.response_events),
        conversion_services=list(plan.conversion_services),
        reward=_reward(plan),
        triggers=[render_trigger(trigger) for trigger in plan.triggers],
        created_by=campaign.created_by,
        submitted_by=campaign.submitted_by or None,
        approved_by=campaign.approved_by or None,
        rejection_reason=campaign.rejection_reason or None,
        created_at=render_time(campaign.created_at),
        launched_at=render_optional_time(campaign, "launched_at"),
        window_ends_at=render_optional_time(campaign, "window_ends_at"),
        progress=_progress(campaign.progress),
    )


def _reward(plan: campaign_pb2.CampaignPlan) -> RewardView | None:
    if not plan.HasField("reward"):
        return None
    return RewardView(
        currency=plan.reward.currency,
        points_per_conversion=plan.reward.points_per_conversion,
        budget_points=plan.reward.budget_points,
    )


def _progress(progress: campaign_pb2.LaunchProgress) -> Progress:
    return Progress(
        members=progress.members,
        contacts_booked=progress.contacts_booked,
        handed_to_channel=progress.handed_to_channel,
        delivered=progress.delivered,
        failed=progress.failed,
        in_doubt=progress.in_doubt,
        problem=progress.problem or None,
        budget_percent=progress.budget_percent,
        answers=progress.answers,
    )
