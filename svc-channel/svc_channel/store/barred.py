"""Claimed messages that are judged once more before a slow line writes them; changes none."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.channel import MessageClass
from svc_channel.domain.quiet_hours import QUIET_HOURS, quiet_now
from svc_channel.store.claims import OVER
from svc_channel.store.quiet_hours import fetch_quiet_hours

BARRED = f"""
SELECT id, failure FROM (
    SELECT m.id, CASE {OVER}
        WHEN (m.channel, m.class) IN (SELECT * FROM unnest($3::message_channel[], $4::message_class[])) THEN $5
        ELSE '' END AS failure
    FROM message m WHERE m.id = ANY($2::bigint[])
) AS judged WHERE failure <> ''
"""  # noqa: S608 -- constants of this service


async def find_barred(unit: UnitOfWork, message_ids: Sequence[int], *, now: datetime) -> dict[int, str]:
    """Of claimed messages those that may go no more, for EXPIRED, OPTED_OUT or LIFE_ENDED, or not now, for QUIET_HOURS."""
    quiet = quiet_now(await fetch_quiet_hours(unit), classes=tuple(MessageClass), moment=now)
    channels, classes = [channel for channel, _, _ in quiet], [message_class for _, message_class, _ in quiet]
    rows = await unit.driver.fetch(BARRED, now, message_ids, channels, classes, QUIET_HOURS)
    return {row["id"]: row["failure"] for row in rows}
