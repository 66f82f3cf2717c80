"""Moves messages that ended a while ago to the partitions of their campaigns; drops nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.store.kept_messages import EndedRow, find_page, move_messages, take_ended
from svc_channel.store.partitions import Arrival, fetch_known, open_partitions

# One transaction of this size takes some tens of milliseconds and holds up no flush for longer.
PAGE_ROWS = 2_000
# A message rests among those that move until its receipts have surely come twice, where a peer sends them twice, and
# the burst that it was sent in is over.
REST = timedelta(hours=1)
# A partition is some milliseconds and a dozen locks; a page of many small campaigns is taken in several steps.
NEW_CAMPAIGNS_A_PAGE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page of messages by id: how many were moved, and after which id it goes on (None: there are no more)."""

    moved: int
    last: int | None


async def keep_ended_messages(unit: UnitOfWork, *, after: int, now: datetime) -> KeptPage:
    """Looks at the next page of messages after an id, and moves those that have rested."""
    last = await find_page(unit, after=after, rows=PAGE_ROWS)
    if last is None:
        return KeptPage(moved=0, last=None)
    ended = await take_ended(unit, after=after, last=last, ended_before=now - REST)
    campaigns = sorted({one.campaign_id for one in ended})
    known = await fetch_known(unit, campaigns) if ended else set()
    unknown = [one for one in campaigns if one not in known]
    taken = known | set(unknown[:NEW_CAMPAIGNS_A_PAGE])
    moving = [one for one in ended if one.campaign_id in taken]
    if moving:
        await open_partitions(unit, _arrivals(moving))
        await move_messages(unit, [one.id for one in moving])
    return KeptPage(moved=len(moving), last=last if len(moving) == len(ended) else after)


def _arrivals(ended: Sequence[EndedRow]) -> list[Arrival]:
    by_campaign: dict[UUID, Arrival] = {}
    for one in ended:
        before = by_campaign.get(one.campaign_id)
        by_campaign[one.campaign_id] = Arrival(
            campaign_id=one.campaign_id,
            last_id=one.id,
            last_ended_at=max(one.ended_at, before.last_ended_at) if before else one.ended_at,
        )
    return list(by_campaign.values())
