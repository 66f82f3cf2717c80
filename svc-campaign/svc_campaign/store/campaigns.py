"""Campaigns and their arms: rows in and out of the domain's values; decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, insert, select, tuple_, update

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.message import Message
from svc_campaign.domain.plan import Arm, CampaignPlan, Reward
from svc_campaign.domain.state import CampaignState
from svc_campaign.domain.template import Template, parse_template
from svc_campaign.domain.trigger import Trigger
from svc_campaign.store.tables import CampaignTable

CAMPAIGN: Table = CampaignTable.metadata.tables["campaign"]
ARM: Table = CampaignTable.metadata.tables["arm"]
TRIGGER: Table = CampaignTable.metadata.tables["campaign_trigger"]

RECORD_BUDGET = """
UPDATE campaign SET budget_percent = greatest(budget_percent, $3) WHERE id = $1 AND reward_currency = $2 RETURNING true
"""
RECORD_PROBLEM = "UPDATE campaign SET problem = $2 WHERE id = $1 AND problem <> $2"


async def insert_campaign(unit: UnitOfWork, campaign: Campaign) -> None:
    """Keeps a new campaign."""
    await unit.connection.execute(insert(CAMPAIGN).values(_campaign_values(campaign)))
    await unit.connection.execute(insert(ARM).values(_arm_values(campaign)))
    if campaign.plan.triggers:
        await unit.connection.execute(insert(TRIGGER).values(_trigger_values(campaign)))


async def get_campaign(unit: UnitOfWork, campaign_id: UUID, *, for_update: bool = False) -> Campaign:
    """One campaign, locked when it is about to change. Raises NotFound CAMPAIGN_UNKNOWN, also for other branches'."""
    statement = select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)
    row = (await unit.connection.execute(statement.with_for_update() if for_update else statement)).one_or_none()
    if row is None:
        raise NotFound(
            reason="CAMPAIGN_UNKNOWN",
            field="id",
            detail=f"There is no campaign {campaign_id}, or it belongs to another branch.",
        )
    (campaign,) = await _with_parts(unit, [row])
    return campaign


async def update_campaign(unit: UnitOfWork, campaign: Campaign) -> None:
    """Writes what a step of its life changed; the plan never changes."""
    window = campaign.window
    values = {
        "state": campaign.state.value,
        "submitted_by": campaign.submitted_by,
        "approved_by": campaign.approved_by,
        "rejection_reason": campaign.rejection_reason,
        "launched_at": campaign.launched_at,
        "window_ends_at": window and window.closes_at,
    }
    await unit.connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign.id).values(values))


async def page_campaigns(
    unit: UnitOfWork, *, name: str, before: tuple[datetime, UUID] | None, limit: int
) -> list[Campaign]:
    """The newest campaigns first, from the one after `before`; an empty name takes all."""
    statement: Select[Any] = select(CAMPAIGN).order_by(CAMPAIGN.c.created_at.desc(), CAMPAIGN.c.id.desc()).limit(limit)
    if name:
        statement = statement.where(CAMPAIGN.c.name == name)
    if before is not None:
        statement = statement.where(tuple_(CAMPAIGN.c.created_at, CAMPAIGN.c.id) < before)
    return await _with_parts(unit, (await unit.connection.execute(statement)).all())


async def record_problem(unit: UnitOfWork, campaign_id: UUID, problem: str) -> None:
    """Keeps why a launch stands still; empty when it goes on."""
    await unit.driver.execute(RECORD_PROBLEM, campaign_id, problem)


async def record_budget(unit: UnitOfWork, campaign_id: UUID, *, currency: str, percent: int) -> bool:
    """Keeps that so much of the budget is spent; False when no campaign has such a budget."""
    return bool(await unit.driver.fetchval(RECORD_BUDGET, campaign_id, currency, percent))


async def _with_parts(unit: UnitOfWork, rows: Sequence[Row[Any]]) -> list[Campaign]:
    ids = [row.id for row in rows]
    arms: dict[UUID, list[Arm]] = {campaign_id: [] for campaign_id in ids}
    for arm in await unit.connection.execute(_parts(ARM, ids)):
        arms[arm.campaign_id].append(_arm(arm))
    triggers: dict[UUID, list[Trigger]] = {campaign_id: [] for campaign_id in ids}
    for trigger in await unit.connection.execute(_parts(TRIGGER, ids)):
        triggers[trigger.campaign_id].append(_trigger(trigger))
    return [_campaign(row, tuple(arms[row.id]), tuple(triggers[row.id])) for row in rows]


def _parts(table: Table, ids: Sequence[UUID]) -> Select[Any]:
    return select(table).where(table.c.campaign_id.in_(ids)).order_by(table.c.campaign_id, table.c.place)


def _arm(row: Row[Any]) -> Arm:
    return Arm(name=row.name, segment_id=row.segment_id, holdout=row.holdout, message=_message(row))


def _message(row: Row[Any]) -> Message | None:
    if row.channel is None:
        return None
    field = f"plan.arms[{row.place}]"
    return Message(
        channel=row.channel,
        template=_template(row.template, f"{field}.template"),
        content=_templates(row.content, f"{field}.content"),
        push=_templates(row.push, f"{field}.push"),
        fallback=_template(row.fallback, f"{field}.fallback"),
        cell=row.cell,
    )


def _template(source: str | None, field: str) -> Template | None:
    return None if source is None else parse_template(source, field=field)


def _templates(sources: dict[str, str], field: str) -> dict[str, Template]:
    return {name: parse_template(sources[name], field=field) for name in sorted(sources)}


def _trigger(row: Row[Any]) -> Trigger:
    return Trigger(
        name=row.name,
        keyword=row.keyword,
        recipient=row.recipient,
        event=row.event,
        attributes=row.attributes,
        template=_template(row.template, f"plan.triggers[{row.place}].template"),
        unless_services=tuple(row.unless_services),
    )


def _campaign(row: Row[Any], arms: tuple[Arm, ...], triggers: tuple[Trigger, ...]) -> Campaign:
    reward = None
    if row.reward_currency is not None:
        reward = Reward(
            currency=row.reward_currency, points_per_conversion=row.reward_points, budget_points=row.reward_budget
        )
    plan = CampaignPlan(
        name=row.name,
        arms=arms,
        sender=row.sender,
        link_target=row.link_target,
        window_days=row.window_days,
        response_events=tuple(row.response_events),
        conversion_services=tuple(row.conversion_services),
        reward=reward,
        triggers=triggers,
    )
    return Campaign(
        id=row.id,
        plan=plan,
        state=CampaignState(row.state),
        branch=row.branch,
        created_by=row.created_by,
        created_at=row.created_at,
        submitted_by=row.submitted_by,
        approved_by=row.approved_by,
        rejection_reason=row.rejection_reason,
        launched_at=row.launched_at,
    )


def _campaign_values(campaign: Campaign) -> dict[str, Any]:
    plan, reward = campaign.plan, campaign.plan.reward
    return {
        "id": campaign.id,
        "name": plan.name,
        "branch": campaign.branch,
        "state": campaign.state.value,
        "sender": plan.sender,
        "link_target": plan.link_target,
        "window_days": plan.window_days,
        "response_events": list(plan.response_events),
        "conversion_services": list(plan.conversion_services),
        "reward_currency": reward and reward.currency,
        "reward_points": reward and reward.points_per_conversion,
        "reward_budget": reward and reward.budget_points,
        "created_by": campaign.created_by,
        "created_at": campaign.created_at,
        "submitted_by": campaign.submitted_by,
        "approved_by": campaign.approved_by,
        "rejection_reason": campaign.rejection_reason,
    }


def _arm_values(campaign: Campaign) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": campaign.id,
            "place": place,
            "name": arm.name,
            "segment_id": arm.segment_id,
            "holdout": arm.holdout,
            **_message_values(arm.message),
        }
        for place, arm in enumerate(campaign.plan.arms)
    ]


def _message_values(message: Message | None) -> dict[str, Any]:
    if message is None:
        return {"template": None, "channel": None, "content": {}, "push": {}, "fallback": None, "cell": ""}
    return {
        "template": message.template.source if message.template else None,
        "channel": message.channel,
        "content": {name: template.source for name, template in message.content.items()},
        "push": {name: template.source for name, template in message.push.items()},
        "fallback": message.fallback.source if message.fallback else None,
        "cell": message.cell,
    }


def _trigger_values(campaign: Campaign) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": campaign.id,
            "place": place,
            "name": trigger.name,
            "keyword": trigger.keyword,
            "recipient": trigger.recipient,
            "event": trigger.event,
            "attributes": dict(trigger.attributes),
            "template": trigger.template.source if trigger.template else None,
            "unless_services": list(trigger.unless_services),
        }
        for place, trigger in enumerate(campaign.plan.triggers)
    ]
