"""Hours of peace: in the operator's own time, over midnight, a channel's own before those of all."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.quiet_hours import QuietHours, quiet_until

NIGHT = QuietHours(message_class="marketing", starts=time(21), ends=time(8))
NOON_NAP = QuietHours(message_class="marketing", channel="sms", starts=time(12), ends=time(14))


def local(hour: int, minute: int = 0, *, day: int = 22) -> datetime:
    """A moment by the clock on the wall in China."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        (local(20, 59), None),
        (local(21), local(8, day=23)),
        (local(23, 59), local(8, day=23)),
        (local(0), local(8)),
        (local(7, 59), local(8)),
        (local(8), None),
    ],
)
def test_the_night_ends_in_the_morning(moment: datetime, ends: datetime | None) -> None:
    assert NIGHT.end_of(moment) == ends


@pytest.mark.parametrize(
    ("channel", "message_class", "moment", "ends"),
    [
        ("sms", "marketing", local(12, 30), local(14)),
        ("mms", "marketing", local(12, 30), None),
        ("sms", "marketing", local(22), None),  # its own hours stand for it, the night does not
        ("mms", "marketing", local(22), local(8, day=23)),
        ("mms", "service", local(22), None),
        ("mms", "reply", local(22), None),
    ],
)
def test_a_channel_with_its_own_hours_keeps_those_alone(
    channel: str, message_class: str, moment: datetime, ends: datetime | None
) -> None:
    assert quiet_until([NIGHT, NOON_NAP], channel=channel, message_class=message_class, moment=moment) == ends


@given(
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 -- st puts the zone on
)
def test_whoever_waits_wakes_within_a_day_and_finds_the_quiet_over(ends: time, moment: datetime) -> None:
    starts = time((ends.hour + 13) % 24, ends.minute)
    hours = QuietHours(message_class="marketing", starts=starts, ends=ends)
    over = hours.end_of(moment)
    if over is not None:
        assert moment < over <= moment + timedelta(days=1)
        assert hours.end_of(over) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"message_class": "reply"}, "message_class"),
        ({"ends": time(21)}, "ends"),
        ({"starts": time(21, 0, 1)}, "starts"),
        ({"starts": time(21, tzinfo=UTC)}, "starts"),
    ],
)
def test_hours_that_would_hold_a_reply_or_for_ever_are_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        QuietHours(**{"message_class": "marketing", "starts": time(21), "ends": time(8), **wrong})
    assert (refused.value.reason, refused.value.field) == ("QUIET_HOURS_INVALID", field)
