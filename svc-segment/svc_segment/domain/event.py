"""Says which events can be booked; it must not know who the subscriber is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from svc_segment.domain.scene import CELL_ATTRIBUTE, CELL_SEEN

# Clocks of portals differ; a time further ahead is a mistake, not a difference.
MAX_AHEAD = timedelta(minutes=5)
# Nobody had a mobile portal before; such a time is a null in disguise.
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
# What svc-catalog tells counts as an event of these types; an order of a minute is in every rule that counts them.
ORDER_ACTIVATED = "order_activated"
SUBSCRIPTION_ENDED = "subscription_ended"
TOLD_BY_CATALOG = frozenset({ORDER_ACTIVATED, SUBSCRIPTION_ENDED})
# What svc-channel tells of a text counts as one of these; so do those of other systems, and files of history.
SMS_UPLINK = "sms_uplink"
# Names as people choose them, e.g. page_visit or tone.auditioned.
MAX_TYPE_LENGTH = 64
# An event is a line of a log, not a document.
MAX_ATTRIBUTES = 50
MAX_ATTRIBUTE_NAME_LENGTH = 63
MAX_ATTRIBUTE_VALUE_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEvent:
    """What a caller says somebody did; ``at`` is None when it was missing or no time at all."""

    msisdn: str
    type: str
    at: datetime | None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a subscriber did, checked."""

    subscriber_id: int
    type: str
    at: datetime
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEvent:
    """Which event of a batch was not booked, from 0, and why."""

    index: int
    field: str
    detail: str


def find_fault(event: ReportedEvent, *, now: datetime) -> tuple[str, str] | None:
    """The field and what is wrong with it, or None for an event whose number alone is left to look up."""
    return (
        _fault_of_type(event.type)
        or _fault_of_time(event.at, now)
        or _fault_of_attributes(event.attributes)
        or _fault_of_sighting(event)
    )


def _fault_of_sighting(event: ReportedEvent) -> tuple[str, str] | None:
    if event.type == CELL_SEEN and not event.attributes.get(CELL_ATTRIBUTE):
        return f"attributes.{CELL_ATTRIBUTE}", "say in which cell the subscriber was seen"
    return None


def _fault_of_type(kind: str) -> tuple[str, str] | None:
    if not kind.strip():
        return "type", "say what happened, such as page_visit"
    if kind in TOLD_BY_CATALOG:
        return "type", f"{kind} is what svc-catalog tells of an order; place one instead"
    if len(kind) > MAX_TYPE_LENGTH:
        return "type", f"a type has at most {MAX_TYPE_LENGTH} characters"
    return None


def _fault_of_time(at: datetime | None, now: datetime) -> tuple[str, str] | None:
    if at is None:
        return "at", "say when it happened, as an RFC 3339 time"
    if at > now + MAX_AHEAD:
        return "at", f"{at.isoformat()} is in the future; events are told after they happened"
    if at < EARLIEST:
        return "at", f"{at.isoformat()} is before any event there can be"
    return None


def _fault_of_attributes(attributes: Mapping[str, str]) -> tuple[str, str] | None:
    if len(attributes) > MAX_ATTRIBUTES:
        return "attributes", f"an event has at most {MAX_ATTRIBUTES} attributes"
    for name, value in attributes.items():
        if not name or len(name) > MAX_ATTRIBUTE_NAME_LENGTH or len(value) > MAX_ATTRIBUTE_VALUE_LENGTH:
            return (
                f"attributes.{name[:MAX_ATTRIBUTE_NAME_LENGTH]}",
                f"a name has 1 to {MAX_ATTRIBUTE_NAME_LENGTH} characters, a value at most {MAX_ATTRIBUTE_VALUE_LENGTH}",
            )
    return None
