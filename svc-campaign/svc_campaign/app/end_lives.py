"""Closes the memberships of subscribers whose lives ended, in every campaign; it must not take back what was booked."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_campaign.store.ended_lives import keep_ended
from svc_campaign.store.responses import take_turn


async def end_lives(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime) -> None:
    """From ``at`` on they are booked no more and nothing they do counts; who has the number next has no arm (SEG-80).

    What happened before and is told later still counts: it was theirs. The arms keep them as members, treated and
    hold-out alike, or the comparison would lean.
    """
    await take_turn(unit)
    await keep_ended(unit, subscriber_ids, at=at)
