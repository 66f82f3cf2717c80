"""Says which month's work is due and what it waits for; it must not do it."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from svc_segment.domain.snapshot import last_day

# Every month has this day.
LAST_SAFE_DAY = 28


class MonthlyState(StrEnum):
    """What became of a month's work: not yet, since something is missing; or asked for, once."""

    WAITING = "waiting"
    REQUESTED = "requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyRun:
    """One month's work of one kind, such as ``match`` or ``classes:fetion``; ``month`` is that of the data."""

    kind: str
    month: date
    state: MonthlyState
    problem: str = ""
    run_id: uuid.UUID | None = None
    changed_at: datetime | None = None


def due_month(now: datetime, zone: tzinfo, day: int) -> date:
    """The first day of the month whose work is due: last month's from the ``day`` of this one on (SEG-39)."""
    today = now.astimezone(zone).date()
    this_month = today.replace(day=1)
    last = previous_month(this_month)
    return last if today.day >= day else previous_month(last)


def previous_month(month: date) -> date:
    """The first day of the month before the one that begins on ``month``."""
    return (month - timedelta(days=1)).replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after the one that begins on ``month``."""
    return last_day(month) + timedelta(days=1)


def what_is_missing(month: date, *, usage_complete: bool, subscribers_as_of: date) -> str:
    """What a month's work has to wait for, in words; empty for nothing."""
    if not usage_complete:
        return f"the usage of {month:%Y-%m} is not loaded to its end"
    if subscribers_as_of < last_day(month):
        return f"the subscribers are as of {subscribers_as_of}, before the end of {month:%Y-%m}"
    return ""
