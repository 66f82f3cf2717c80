"""The spans over which grants are counted, in the operator's own days and months; it must not read a clock."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from svc_reward.domain.calendar_month import MONTHS_A_YEAR, month_of

# What "no end" is where a moment has to be named; PostgreSQL and Python both know it.
FAR_FUTURE = datetime(9999, 12, 30, tzinfo=UTC)


class Period(StrEnum):
    """A day, a calendar month, or as long as the rule holds."""

    DAY = "day"
    MONTH = "month"
    RULE = "rule"


class Span(NamedTuple):
    """From ``start`` to before ``end``, both in UTC."""

    start: datetime
    end: datetime


# Before the first subscriber there was nothing to count.
EVER = Span(datetime(1970, 1, 1, tzinfo=UTC), FAR_FUTURE)


def span_of(period: Period, at: datetime, zone: tzinfo, *, within: Span) -> Span:
    """The day or month there in which the moment falls, as far as it lies ``within``."""
    match period:
        case Period.DAY:
            day = at.astimezone(zone).date()
            start, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        case Period.MONTH:
            month = month_of(at, zone)
            start = datetime(month.year, month.month, 1, tzinfo=zone).astimezone(UTC)
            end = month.ends_before(zone)
        case Period.RULE:
            return within
    return Span(max(start, within.start), min(end, within.end))


def number_of(period: Period, at: datetime, zone: tzinfo) -> int:
    """Days and months counted through, so that one after another are neighbours."""
    local = at.astimezone(zone)
    if period is Period.MONTH:
        return local.year * MONTHS_A_YEAR + local.month
    return local.date().toordinal()


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
