"""The launch job: books members in batches and hands their texts to svc-channel; may be killed and run again at any point.

A batch is booked with its bytes in one transaction and handed over after it, under its number. A launch that starts
again first hands over what was booked and not taken, byte for byte, then books on from each arm's cursor: nobody is
booked twice, and svc-channel knows a batch it has by its number.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.jobs import enqueue
from svc_campaign.app.book_members import BatchBooker
from svc_campaign.app.job_payload import JobPayload
from svc_campaign.app.peers import Handover, MemberBatch, Outlet, Segments
from svc_campaign.app.tally import Tally
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.state import CampaignState
from svc_campaign.store.campaigns import get_campaign, record_problem, update_campaign
from svc_campaign.store.launch_batches import (
    ArmCursor,
    OpenBatch,
    arm_cursors,
    close_arm,
    mark_handed,
    open_batch,
    open_numbers,
)

COMPLETION_JOB = "complete_campaign"
# Batches that wait for svc-channel at most: enough to keep it busy, little enough to stay in memory.
BATCHES_AHEAD = 2


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Everything a launch needs beside the campaign."""

    database: Database
    segments: Segments
    outlet: Outlet
    clock: Clock
    tally: Tally
    booker: BatchBooker


async def run_launch(launch: Launch, *, campaign_id: UUID, traceparent: str) -> int:
    """Brings a launching campaign to running; answers the contacts handed over by this run.

    Raises Unavailable when a peer is away, for another attempt. A campaign in any other state is left alone.
    """
    async with launch.database.read() as unit:
        campaign = await get_campaign(unit, campaign_id)
    if campaign.state is not CampaignState.LAUNCHING:
        return 0
    handed = await _hand_over(launch, campaign)
    async with launch.database.unit_of_work() as unit:
        campaign = (await get_campaign(unit, campaign_id, for_update=True)).start_running()
        await update_campaign(unit, campaign)
        await record_problem(unit, campaign_id, "")
        if campaign.window is not None:
            await enqueue(
                unit,
                COMPLETION_JOB,
                JobPayload(campaign_id=campaign_id, traceparent=traceparent).to_bytes(),
                key=f"{COMPLETION_JOB}:{campaign_id}",
                after=campaign.window.closes_at - launch.clock.now(),
            )
    return handed


async def _hand_over(launch: Launch, campaign: Campaign) -> int:
    """Hands batches over while the next ones are booked; booking has stopped when this returns, however it returns."""
    contacts: dict[int, int] = {}
    booked, ready = anyio.create_memory_object_stream[Handover](BATCHES_AHEAD)
    booking = asyncio.ensure_future(_book_all(launch, campaign, contacts, booked))
    handed = 0
    try:
        async for number in launch.outlet.submit(campaign.id, campaign.plan.sender, ready):
            async with launch.database.unit_of_work() as unit:
                await mark_handed(unit, campaign.id, number, launch.clock.now())
            launch.tally.count_contacts(contacts[number])
            handed += contacts[number]
        # A booking that failed has ended the stream, and what it had booked before has been handed over.
        await booking
    finally:
        booking.cancel()
        await asyncio.gather(booking, return_exceptions=True)
    return handed


async def _book_all(
    launch: Launch, campaign: Campaign, contacts: dict[int, int], booked: MemoryObjectSendStream[Handover]
) -> None:
    """Fills the stream, noting each batch's contacts, and closes it at the end."""
    async with booked, aclosing(_batches(launch, campaign, contacts)) as batches:
        async for batch in batches:
            await booked.send(batch)


async def _batches(launch: Launch, campaign: Campaign, contacts: dict[int, int]) -> AsyncGenerator[Handover, None]:
    """What an earlier run left open, then what is booked now: contacts first, so that sending starts at once."""
    async with launch.database.read() as unit:
        left_open = await open_numbers(unit, campaign.id)
        cursors = await arm_cursors(unit, campaign.id)
    for number in left_open:
        async with launch.database.read() as unit:
            batch = await open_batch(unit, campaign.id, number)
        if batch is not None:
            contacts[number] = batch.contacts
            yield _handover(campaign, batch)
    for cursor in sorted(cursors, key=lambda cursor: campaign.plan.arms[cursor.place].holdout):
        if cursor.booked:
            continue
        place = cursor
        async with aclosing(_members(launch, campaign, cursor)) as members:
            async for found in members:
                place, booked = await launch.booker.book(campaign, place, found)
                if booked is not None:
                    contacts[booked.number] = booked.contacts
                    yield _handover(campaign, booked)
        async with launch.database.unit_of_work() as unit:
            await close_arm(unit, campaign.id, cursor.place)


def _handover(campaign: Campaign, batch: OpenBatch) -> Handover:
    """A batch as its arm is told; one booked before arms had channels is plain SMS."""
    message = None if batch.place is None else campaign.plan.arms[batch.place].message
    if message is None:
        return Handover(number=batch.number, payload=batch.payload)
    return Handover(number=batch.number, payload=batch.payload, channel=message.channel, cell=message.cell)


def _members(launch: Launch, campaign: Campaign, cursor: ArmCursor) -> AsyncGenerator[MemberBatch, None]:
    """The members of an arm as it was launched: a segment that is rebuilt meanwhile changes nothing."""
    arm = campaign.plan.arms[cursor.place]
    attributes = arm.message.attributes if arm.message else ()
    return launch.segments.stream_members(arm.segment_id, attributes, version=cursor.segment_version)
