"""Shows one subscriber: attributes and the segments it belongs to now; it must not show the number."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound
from svc_segment.app.current_base import require_base
from svc_segment.app.list_memberships import list_memberships
from svc_segment.domain.attributes import Dimension, Value
from svc_segment.store.engine import Engine
from svc_segment.store.membership_cache import MembershipCache
from svc_segment.store.numbers import look_up_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberView:
    """What is known of one subscriber; attributes that are null are absent. ``dimensions`` are those of attributes."""

    attributes: Mapping[str, Value]
    dimensions: Mapping[str, Dimension]
    segment_ids: tuple[uuid.UUID, ...]
    as_of: date


async def get_subscriber(
    database: Database, engine: Engine, cache: MembershipCache, subscriber_id: int
) -> SubscriberView:
    """The subscriber as of the current snapshot (SEG-02, SEG-80); raises NotFound SUBSCRIBER_NOT_FOUND."""
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
        known = await look_up_numbers(unit, [subscriber_id])
    row = await engine.attributes_of(base, subscriber_id)
    if subscriber_id not in known or row is None:
        raise NotFound(
            reason="SUBSCRIBER_NOT_FOUND", field="subscriber_id", detail=f"there is no subscriber {subscriber_id}"
        )
    return SubscriberView(
        attributes={name: value for name, value in row.items() if value is not None},
        dimensions={name: dictionary[name].dimension for name in row if name in dictionary},
        segment_ids=tuple(one.segment_id for one in await list_memberships(database, cache, subscriber_id)),
        as_of=base.as_of,
    )
