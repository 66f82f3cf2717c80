"""When people are left in peace, by channel and class; reckons with a moment it is given, in the operator's own time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.channel import Channel, MessageClass

# The operator's day: one zone for the whole country.
ZONE_NAME = "Asia/Shanghai"
ZONE = ZoneInfo(ZONE_NAME)
ANY_CHANNEL = ""
HELD_CLASSES = ("marketing", "service")
# Why a message that a slow line holds goes back to the queue: its hours began meanwhile.
QUIET_HOURS = "QUIET_HOURS"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Every day from ``starts`` on and until ``ends``, local time, over midnight where it ends before it starts.

    ``channel`` empty means every channel that has no hours of its own. A reply is never held: somebody waits for it.
    Raises InvalidInput QUIET_HOURS_INVALID with the field.
    """

    message_class: str
    starts: time
    ends: time
    channel: str = ANY_CHANNEL

    def __post_init__(self) -> None:
        if self.message_class not in HELD_CLASSES:
            raise _refused("message_class", f"hours hold {' or '.join(HELD_CLASSES)}, never a reply")
        if self.starts == self.ends:
            raise _refused("ends", "a day without a waking hour sends nothing; end before or after it starts")
        if any(one.tzinfo or one.second or one.microsecond for one in (self.starts, self.ends)):
            raise _refused("starts", "hours are whole minutes of local time")

    def end_of(self, moment: datetime) -> datetime | None:
        """When the quiet in which ``moment`` (aware) falls is over; None in waking hours."""
        local = moment.astimezone(ZONE)
        minute = local.time()
        if self.starts < self.ends:
            is_quiet, days = self.starts <= minute < self.ends, 0
        else:
            is_quiet, days = minute >= self.starts or minute < self.ends, int(minute >= self.starts)
        if not is_quiet:
            return None
        return datetime.combine(local.date() + timedelta(days=days), self.ends, tzinfo=ZONE)


def quiet_until(hours: Iterable[QuietHours], *, channel: str, message_class: str, moment: datetime) -> datetime | None:
    """When a message of this channel and class may go, None for now; hours of the channel go before those of all."""
    fitting = [one for one in hours if one.message_class == message_class and one.channel in {channel, ANY_CHANNEL}]
    chosen = max(fitting, key=lambda one: one.channel, default=None)
    return chosen.end_of(moment) if chosen is not None else None


def quiet_now(
    hours: Sequence[QuietHours], *, classes: Iterable[MessageClass], moment: datetime
) -> list[tuple[Channel, MessageClass, datetime]]:
    """Which channels have quiet now, for which of these classes, and until when."""
    return [
        (channel, one, until)
        for channel in (Channel if hours else ())
        for one in classes
        if (until := quiet_until(hours, channel=channel, message_class=one, moment=moment)) is not None
    ]


def _refused(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="QUIET_HOURS_INVALID", field=field, detail=detail)
