"""Turns domain values into protobuf and protobuf into domain values, one function each way; it must not decide anything."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import event_pb2, facts_pb2, snapshot_pb2, subscriber_pb2
from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import Attribute, AttributeType, Dimension, Value
from svc_segment.domain.event import Event, ReportedEvent
from svc_segment.domain.snapshot import Reject, Snapshot, SnapshotState

STATES = {
    SnapshotState.RECEIVED: snapshot_pb2.SNAPSHOT_STATE_RECEIVED,
    SnapshotState.LOADING: snapshot_pb2.SNAPSHOT_STATE_LOADING,
    SnapshotState.LOADED: snapshot_pb2.SNAPSHOT_STATE_LOADED,
    SnapshotState.FAILED: snapshot_pb2.SNAPSHOT_STATE_FAILED,
}
TYPES = {
    AttributeType.INTEGER: snapshot_pb2.ATTRIBUTE_TYPE_INTEGER,
    AttributeType.NUMBER: snapshot_pb2.ATTRIBUTE_TYPE_NUMBER,
    AttributeType.TEXT: snapshot_pb2.ATTRIBUTE_TYPE_TEXT,
    AttributeType.BOOLEAN: snapshot_pb2.ATTRIBUTE_TYPE_BOOLEAN,
    AttributeType.DATE: snapshot_pb2.ATTRIBUTE_TYPE_DATE,
}
TYPES_BY_NUMBER = {int(number): kind for kind, number in TYPES.items()}


def parse_day(written: str, field: str) -> date:
    """A calendar day as YYYY-MM-DD; raises InvalidInput DAY_INVALID."""
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise InvalidInput(reason="DAY_INVALID", field=field, detail=f"{written} is no day of a calendar") from error


def parse_attribute(message: snapshot_pb2.Attribute) -> Attribute:
    """An attribute as an upload says it; raises InvalidInput ATTRIBUTE_NAME."""
    return Attribute(
        name=message.name,
        type=TYPES_BY_NUMBER[int(message.type)],
        unit=message.unit,
        description=message.description,
        dimension=Dimension(message.dimension),
    )


def render_attribute(attribute: Attribute) -> snapshot_pb2.Attribute:
    """An attribute of the dictionary."""
    return snapshot_pb2.Attribute(
        name=attribute.name,
        type=TYPES[attribute.type],
        unit=attribute.unit,
        description=attribute.description,
        dimension=attribute.dimension.value,
    )


def render_snapshot(snapshot: Snapshot) -> snapshot_pb2.Snapshot:
    """A snapshot and how far it is."""
    return snapshot_pb2.Snapshot(
        id=str(snapshot.id),
        state=STATES[snapshot.state],
        as_of=snapshot.as_of.isoformat(),
        kind=snapshot.kind.value,
        file_name=snapshot.file_name,
        sha256=snapshot.sha256,
        rows=snapshot.counts.rows,
        accepted=snapshot.counts.accepted,
        rejected=snapshot.counts.rejected,
        problem=snapshot.problem,
        rows_done=snapshot.rows_done,
        month=f"{snapshot.month:%Y-%m}" if snapshot.month else "",
        complete=snapshot.complete,
        name=snapshot.name,
        strangers=snapshot.strangers,
        notice=snapshot.notice,
        list_kind=snapshot.list_kind,
    )


def render_reject(reject: Reject) -> snapshot_pb2.Reject:
    """A row that did not load."""
    return snapshot_pb2.Reject(row=reject.row, field=reject.field, reason=reject.reason.value, detail=reject.detail)


def render_value(name: str, value: Value, dimension: Dimension = Dimension.NONE) -> subscriber_pb2.AttributeValue:
    """One attribute of one subscriber."""
    message = subscriber_pb2.AttributeValue(name=name, dimension=dimension.value)
    match value:
        case bool():
            message.boolean = value
        case int():
            message.integer = value
        case float():
            message.number = value
        case str():
            message.text = value
        case date():
            message.date = value.isoformat()
    return message


def parse_event(message: event_pb2.Event) -> ReportedEvent:
    """An event as a caller tells it; a time that is missing or out of the calendar is None."""
    return ReportedEvent(
        msisdn=message.msisdn, type=message.type, at=_moment(message), attributes=dict(message.attributes)
    )


def render_facts(events: Sequence[Event]) -> facts_pb2.EventsRecorded:
    """The fact of the events booked in one transaction."""
    return facts_pb2.EventsRecorded(events=[_render_event(event) for event in events])


def _moment(message: event_pb2.Event) -> datetime | None:
    if not message.HasField("at"):
        return None
    try:
        return message.at.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _render_event(event: Event) -> facts_pb2.RecordedEvent:
    at = Timestamp()
    at.FromDatetime(event.at)
    return facts_pb2.RecordedEvent(
        subscriber_id=event.subscriber_id, type=event.type, at=at, attributes=dict(event.attributes)
    )
