"""What one subscriber did and used, as a rule for one row reads it; it must not fetch it nor judge it."""

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvent:
    """Something that happened, at a moment with its time zone."""

    type: str
    at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A row of a list, of a month by its first day, with its columns as texts; one that is null is absent."""

    month: date
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One subscriber's past as of a moment, in the operator's time zone.

    ``usage`` has the measures of each month by its first day; ``last_month`` is the newest full month that is loaded
    for anyone, from which windows of usage are measured back, and ``list_months`` the newest month of each list, for
    windows over its rows in ``lists``. ``tags`` gives the confidence of each tag that holds.
    """

    as_of: datetime = EPOCH
    zone: tzinfo = UTC
    events: tuple[PastEvent, ...] = ()
    usage: Mapping[date, Mapping[str, float | None]] = field(default_factory=dict)
    last_month: date | None = None
    segments: frozenset[uuid.UUID] = frozenset()
    tags: Mapping[str, float] = field(default_factory=dict)
    lists: Mapping[uuid.UUID, tuple[ListRow, ...]] = field(default_factory=dict)
    list_months: Mapping[uuid.UUID, date] = field(default_factory=dict)


# A subscriber of whom only attributes are known.
NO_HISTORY = History()


def microseconds(moment: datetime) -> int:
    """The microseconds since 1970 in UTC, exactly."""
    return (moment - EPOCH) // MICROSECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """How far local clocks are ahead of UTC: ``ahead[n]`` microseconds from ``since[n]`` (UTC) on."""

    since: tuple[int, ...]
    ahead: tuple[int, ...]

    def day(self, moment_us: int) -> int:
        """The local calendar day of a moment, counted from 1970."""
        index = max(bisect_right(self.since, moment_us) - 1, 0)
        return (moment_us + self.ahead[index]) // DAY_US


def local_time(zone: tzinfo, start: datetime, end: datetime) -> LocalTime:
    """The changes of a zone's clocks between two moments, to the second; the first one holds before ``start`` too."""
    since, ahead = [microseconds(start)], [_ahead(zone, start)]
    before = start
    while before < end:
        after = min(before + timedelta(days=1), end)
        if _ahead(zone, after) != ahead[-1]:
            since.append(microseconds(_change(zone, before, after)))
            ahead.append(_ahead(zone, after))
        before = after
    return LocalTime(since=tuple(since), ahead=tuple(ahead))


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The first second after ``before`` on which clocks show what they show at ``after``."""
    low, high = int(before.timestamp()), -int(-after.timestamp() // 1)
    while high - low > 1:
        middle = (low + high) // 2
        if _ahead(zone, datetime.fromtimestamp(middle, UTC)) == _ahead(zone, after):
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def _ahead(zone: tzinfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return offset // MICROSECOND if offset is not None else 0


def last_full_month(months: Iterable[date], as_of: datetime, zone: tzinfo) -> date | None:
    """The newest of the months, by their first days, that had ended by ``as_of`` where the operator is."""
    current = as_of.astimezone(zone).date().replace(day=1)
    return max((month for month in months if month < current), default=None)


def months_back(last: date, months: int) -> tuple[date, ...]:
    """The first days of so many calendar months, the oldest first and ``last`` at the end."""
    index = last.year * MONTHS_A_YEAR + last.month - 1
    return tuple(date(one // MONTHS_A_YEAR, one % MONTHS_A_YEAR + 1, 1) for one in range(index - months + 1, index + 1))
