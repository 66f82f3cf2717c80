"""Writes events; it must not judge them."""

import json
from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.event import Event

INSERT = """
INSERT INTO event (subscriber_id, type, at, attributes)
SELECT * FROM unnest($1::integer[], $2::text[], $3::timestamptz[], $4::jsonb[])
"""


async def insert_events(unit: UnitOfWork, events: Sequence[Event]) -> None:
    """Books events, all in one statement."""
    await unit.driver.execute(
        INSERT,
        [event.subscriber_id for event in events],
        [event.type for event in events],
        [event.at for event in events],
        [json.dumps(dict(event.attributes)) for event in events],
    )
