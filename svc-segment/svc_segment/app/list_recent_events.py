"""Shows what one subscriber did of late, for who has him in front of them; it must not say where he was."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from carillon_chassis.database import Database
from svc_segment.domain.rules.history import PastEvent
from svc_segment.store.folders import DataFolder
from svc_segment.store.recent_events import read_recent_events

# What somebody reads on one screen; rules count everything else.
MOST_EVENTS = 50
# Files of some weeks are read in the time of a conversation, two years of them are not.
DAYS_BACK = 30


async def list_recent_events(
    database: Database, folder: DataFolder, subscriber_id: int, *, now: datetime
) -> tuple[Sequence[PastEvent], datetime]:
    """The newest events, the newest first, and since when they are looked for (SEG-80); none of a stranger."""
    since = now.astimezone(UTC) - timedelta(days=DAYS_BACK)
    async with database.read() as unit:
        return await read_recent_events(unit, folder, subscriber_id, since=since, limit=MOST_EVENTS), since
