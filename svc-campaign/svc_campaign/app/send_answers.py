"""Answers members who set a trigger off: books batches of texts and hands them to svc-channel; may be killed at any point.

A batch is booked with its bytes in one transaction and handed over after it, under its number: what was booked and not
taken is handed over again, byte for byte, and svc-channel knows a batch it has. Consents, quiet hours and rates are
svc-channel's, as for every message.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Unavailable
from svc_campaign.app.peers import Handover, Outlet, Services
from svc_campaign.app.tally import Tally
from svc_campaign.domain.link_token import write_link
from svc_campaign.domain.message import Rendered
from svc_campaign.domain.template import Template
from svc_campaign.domain.trigger import ANSWER_LIFE, Trigger
from svc_campaign.store.answers import (
    DueAnswer,
    OpenAnswers,
    contact_members,
    due_answers,
    forget_due,
    insert_answers,
    lock_due,
    mark_answers_handed,
    open_answers,
)
from svc_campaign.store.campaigns import get_campaign
from svc_campaign.store.responses import take_turn

# Members answered in one round: each may cost a question to svc-catalog, and all of them stay far below a second.
ROUND_MEMBERS = 200
# Batches handed over in one round; there is one a campaign, trigger and cell.
ROUND_BATCHES = 200

Group = tuple[UUID, int, str]


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Everything that answering needs; `draw_number` gives a random number below 2**63 for each link."""

    database: Database
    services: Services
    outlet: Outlet
    clock: Clock
    tally: Tally
    draw_number: Callable[[], int]
    public_url: str


async def send_answers(means: Answering) -> int:
    """One round; answers how many members it dealt with and batches it handed over, 0 when nobody waits.

    Raises Unavailable when a peer is away, for another attempt; who can be answered without it has been.
    """
    async with means.database.read() as unit:
        due = await due_answers(unit, limit=ROUND_MEMBERS)
    groups: dict[Group, list[DueAnswer]] = defaultdict(list)
    for one in due:
        groups[one.campaign_id, one.place, one.cell].append(one)
    away: Unavailable | None = None
    for group, members in groups.items():
        try:
            await _answer(means, group, members)
        except Unavailable as error:
            away = error
    handed = await _hand_over(means)
    if away is not None:
        raise away
    return len(due) + handed


async def _answer(means: Answering, group: Group, members: Sequence[DueAnswer]) -> None:
    """Books one batch for members who set off one trigger in one cell, but for those whom it should not reach any more."""
    campaign_id, place, _ = group
    async with means.database.read() as unit:
        trigger = (await get_campaign(unit, campaign_id)).plan.triggers[place]
    if trigger.template is None:
        return  # nobody waits for such a trigger
    now = means.clock.now()
    wanted = [one.subscriber_id for one in members if now < one.triggered_at + ANSWER_LIFE]
    users = await _users(means, trigger, wanted)
    ids = [one for one in wanted if one not in users]
    kept = set(ids)
    dropped = [one.subscriber_id for one in members if one.subscriber_id not in kept]
    async with means.database.unit_of_work() as unit:
        await take_turn(unit)
        await forget_due(unit, campaign_id, place, dropped)
        still = await lock_due(unit, campaign_id, place, ids)
        if still:
            await _book(means, unit, group, trigger.template, [one for one in ids if one in still], now=now)


async def _users(means: Answering, trigger: Trigger, subscriber_ids: Sequence[int]) -> set[int]:
    """Who has a service already that the answer recommends (SEG-54)."""
    if not trigger.unless_services:
        return set()
    used = await asyncio.gather(*(means.services.used_by(one) for one in subscriber_ids))
    return {
        one
        for one, services in zip(subscriber_ids, used, strict=True)
        if not services.isdisjoint(trigger.unless_services)
    }


async def _book(
    means: Answering,
    unit: UnitOfWork,
    group: Group,
    template: Template,
    subscriber_ids: Sequence[int],
    *,
    now: datetime,
) -> None:
    campaign_id, place, cell = group
    fresh = [means.draw_number() if template.has_link else None for _ in subscriber_ids]
    tokens = await contact_members(unit, campaign_id, subscriber_ids, fresh)
    links = [write_link(means.public_url, tokens[one]) for one in subscriber_ids]
    texts = template.render({}, links, len(subscriber_ids))
    payload = means.outlet.encode(subscriber_ids, Rendered(texts=texts))
    await insert_answers(unit, campaign_id, place, subscriber_ids=subscriber_ids, cell=cell, payload=payload, at=now)


async def _hand_over(means: Answering) -> int:
    """Hands over what is booked, a stream a campaign."""
    async with means.database.read() as unit:
        batches = await open_answers(unit, limit=ROUND_BATCHES)
    campaigns: dict[tuple[UUID, str], list[OpenAnswers]] = defaultdict(list)
    for batch in batches:
        campaigns[batch.campaign_id, batch.sender].append(batch)
    for (campaign_id, sender), booked in campaigns.items():
        contacts = {batch.number: batch.contacts for batch in booked}
        async for number in means.outlet.submit(campaign_id, sender, _handovers(booked)):
            async with means.database.unit_of_work() as unit:
                await mark_answers_handed(unit, number, means.clock.now())
            means.tally.count_answers(contacts[number])
    return len(batches)


async def _handovers(batches: Sequence[OpenAnswers]) -> AsyncIterator[Handover]:
    for batch in batches:
        yield Handover(
            number=batch.number, payload=batch.payload, cell=batch.cell, expires_at=batch.booked_at + ANSWER_LIFE
        )
