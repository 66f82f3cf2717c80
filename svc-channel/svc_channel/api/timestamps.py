"""Moments as protobuf has them, one function each way; knows no noun."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def render_time(at: datetime | None) -> Timestamp | None:
    """The moment; absent for None."""
    if at is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(at.astimezone(UTC))
    return timestamp


def parse_time(timestamp: Timestamp) -> datetime:
    """The moment, in UTC."""
    return timestamp.ToDatetime(tzinfo=UTC)
