"""Turns protocol messages into domain values and back, one function each way; decides nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.campaign.v1 import campaign_pb2, facts_pb2
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import Identity
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.measurement import Interval, Uplift
from svc_campaign.domain.message import SMS, Message
from svc_campaign.domain.plan import Arm, CampaignPlan, Reward
from svc_campaign.domain.progress import LaunchProgress
from svc_campaign.domain.report import ArmReport
from svc_campaign.domain.state import CampaignState
from svc_campaign.domain.template import Template, parse_template
from svc_campaign.domain.trigger import Trigger

STATES = {
    CampaignState.DRAFT: campaign_pb2.CAMPAIGN_STATE_DRAFT,
    CampaignState.SUBMITTED: campaign_pb2.CAMPAIGN_STATE_SUBMITTED,
    CampaignState.APPROVED: campaign_pb2.CAMPAIGN_STATE_APPROVED,
    CampaignState.REJECTED: campaign_pb2.CAMPAIGN_STATE_REJECTED,
    CampaignState.LAUNCHING: campaign_pb2.CAMPAIGN_STATE_LAUNCHING,
    CampaignState.RUNNING: campaign_pb2.CAMPAIGN_STATE_RUNNING,
    CampaignState.COMPLETED: campaign_pb2.CAMPAIGN_STATE_COMPLETED,
}


def parse_actor(identity: Identity) -> Actor:
    """The caller as the domain sees it."""
    return Actor(subject=identity.subject, roles=identity.roles, branch=identity.branch)


def parse_plan(plan: campaign_pb2.CampaignPlan) -> CampaignPlan:
    """The plan, checked. Raises InvalidInput with the field at fault."""
    reward = None
    if plan.HasField("reward"):
        reward = Reward(
            currency=plan.reward.currency,
            points_per_conversion=plan.reward.points_per_conversion,
            budget_points=plan.reward.budget_points,
        )
    return CampaignPlan(
        name=plan.name,
        arms=tuple(_parse_arm(place, arm) for place, arm in enumerate(plan.arms)),
        sender=plan.sender,
        link_target=plan.link_target,
        window_days=plan.window_days,
        response_events=tuple(plan.response_events),
        conversion_services=tuple(plan.conversion_services),
        reward=reward,
        triggers=tuple(_parse_trigger(place, trigger) for place, trigger in enumerate(plan.triggers)),
    )


def _parse_arm(place: int, arm: campaign_pb2.Arm) -> Arm:
    return Arm(name=arm.name, segment_id=UUID(arm.segment_id), holdout=arm.holdout, message=_parse_message(place, arm))


def _parse_message(place: int, arm: campaign_pb2.Arm) -> Message | None:
    """What the arm is told; None for one that says nothing at all."""
    field = f"plan.arms[{place}]"

    def one(source: str, name: str) -> Template | None:
        return parse_template(source, field=f"{field}.{name}") if source else None

    def many(sources: Mapping[str, str], name: str) -> dict[str, Template]:
        return {key: parse_template(sources[key], field=f"{field}.{name}[{key}]") for key in sorted(sources)}

    if not (arm.template or arm.content or arm.push or arm.fallback or arm.channel or arm.cell):
        return None
    return Message(
        channel=arm.channel or SMS,
        template=one(arm.template, "template"),
        content=many(arm.content, "content"),
        push=many(arm.push, "push"),
        fallback=one(arm.fallback, "fallback"),
        cell=arm.cell,
    )


def _parse_trigger(place: int, trigger: campaign_pb2.Trigger) -> Trigger:
    field = f"plan.triggers[{place}].template"
    return Trigger(
        name=trigger.name,
        keyword=trigger.keyword,
        recipient=trigger.recipient,
        event=trigger.event,
        attributes=dict(trigger.attributes),
        template=parse_template(trigger.template, field=field) if trigger.template else None,
        unless_services=tuple(trigger.unless_services),
    )


def parse_position(keys: Sequence[str | int]) -> tuple[datetime, UUID] | None:
    """The campaign that a page ended with; None for the first page. Raises InvalidInput PAGE_TOKEN_INVALID."""
    if not keys:
        return None
    try:
        created_at, campaign_id = (str(key) for key in keys)
        return datetime.fromisoformat(created_at), UUID(campaign_id)
    except ValueError as error:
        raise InvalidInput(
            reason="PAGE_TOKEN_INVALID",
            field="page_token",
            detail="send the next_page_token of the page before, unchanged",
        ) from error


def render_campaign(campaign: Campaign, progress: LaunchProgress) -> campaign_pb2.Campaign:
    """The campaign as the protocol shows it; times that have not come yet are absent."""
    window = campaign.window
    return campaign_pb2.Campaign(
        id=str(campaign.id),
        plan=_render_plan(campaign.plan),
        state=STATES[campaign.state],
        branch=campaign.branch,
        created_by=campaign.created_by,
        submitted_by=campaign.submitted_by,
        approved_by=campaign.approved_by,
        rejection_reason=campaign.rejection_reason,
        created_at=render_time(campaign.created_at),
        launched_at=render_time(window.opens_at) if window else None,
        window_ends_at=render_time(window.closes_at) if window else None,
        progress=campaign_pb2.LaunchProgress(
            members=progress.members,
            contacts_booked=progress.contacts_booked,
            handed_to_channel=progress.handed_to_channel,
            delivered=progress.delivered,
            failed=progress.failed,
            in_doubt=progress.in_doubt,
            problem=progress.problem,
            budget_percent=progress.budget_percent,
            answers=progress.answers,
        ),
    )


def _render_plan(plan: CampaignPlan) -> campaign_pb2.CampaignPlan:
    return campaign_pb2.CampaignPlan(
        name=plan.name,
        arms=[_render_plan_arm(arm) for arm in plan.arms],
        sender=plan.sender,
        link_target=plan.link_target,
        window_days=plan.window_days,
        response_events=plan.response_events,
        conversion_services=plan.conversion_services,
        reward=_render_reward(plan.reward) if plan.reward else None,
        triggers=[_render_trigger(trigger) for trigger in plan.triggers],
    )


def _render_trigger(trigger: Trigger) -> campaign_pb2.Trigger:
    return campaign_pb2.Trigger(
        name=trigger.name,
        keyword=trigger.keyword,
        recipient=trigger.recipient,
        event=trigger.event,
        attributes=trigger.attributes,
        template=trigger.template.source if trigger.template else "",
        unless_services=trigger.unless_services,
    )


def _render_plan_arm(arm: Arm) -> campaign_pb2.Arm:
    message = arm.message
    rendered = campaign_pb2.Arm(name=arm.name, segment_id=str(arm.segment_id), holdout=arm.holdout)
    if message is not None:
        rendered.template = message.template.source if message.template else ""
        # SMS is what a plan means that names no channel.
        rendered.channel = "" if message.channel == SMS else message.channel
        rendered.content.update({name: template.source for name, template in message.content.items()})
        rendered.push.update({name: template.source for name, template in message.push.items()})
        rendered.fallback = message.fallback.source if message.fallback else ""
        rendered.cell = message.cell
    return rendered


def _render_reward(reward: Reward) -> campaign_pb2.Reward:
    return campaign_pb2.Reward(
        currency=reward.currency,
        points_per_conversion=reward.points_per_conversion,
        budget_points=reward.budget_points,
    )


def render_report(campaign: Campaign, arms: Sequence[ArmReport], *, as_of: datetime) -> campaign_pb2.GetReportResponse:
    """The report as the protocol shows it."""
    return campaign_pb2.GetReportResponse(
        campaign_id=str(campaign.id),
        name=campaign.plan.name,
        state=STATES[campaign.state],
        as_of=render_time(as_of),
        arms=[_render_arm(arm) for arm in arms],
    )


def _render_arm(arm: ArmReport) -> campaign_pb2.ArmReport:
    counts, outcome = arm.counts, arm.counts.outcome
    return campaign_pb2.ArmReport(
        arm=arm.arm,
        holdout=arm.holdout,
        subscribers=outcome.subscribers,
        contacted=counts.contacted,
        delivered=counts.delivered,
        failed=counts.failed,
        in_doubt=counts.in_doubt,
        responded=outcome.responded,
        converted=outcome.converted,
        rewarded=counts.rewarded,
        revenue_fen=outcome.revenue_fen,
        response_rate=outcome.response_rate,
        conversion_rate=outcome.conversion_rate,
        uplift=_render_uplift(arm.uplift) if arm.uplift else None,
    )


def _render_uplift(uplift: Uplift) -> campaign_pb2.Uplift:
    revenue = uplift.revenue_fen_per_subscriber
    return campaign_pb2.Uplift(
        response_rate=_render_interval(uplift.response_rate),
        conversion_rate=_render_interval(uplift.conversion_rate),
        revenue_fen_per_subscriber=_render_interval(revenue) if revenue else None,
    )


def _render_interval(interval: Interval) -> campaign_pb2.Interval:
    return campaign_pb2.Interval(estimate=interval.estimate, low=interval.low, high=interval.high)


def render_approved(campaign: Campaign) -> facts_pb2.CampaignApproved | None:
    """The fact that a reward budget may be spent; None for a campaign without rewards."""
    reward = campaign.plan.reward
    if reward is None:
        return None
    return facts_pb2.CampaignApproved(
        campaign_id=str(campaign.id), currency=reward.currency, budget_points=reward.budget_points
    )


def render_time(at: datetime) -> Timestamp:
    """A moment as the protocol shows it."""
    rendered = Timestamp()
    rendered.FromDatetime(at)
    return rendered
