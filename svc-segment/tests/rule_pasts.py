"""Random pasts for random rules: events, months of usage, lists, segments and tags of a handful of subscribers."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.domain.rules.history import History, ListRow, PastEvent
from svc_segment.domain.rules.scope import ListColumns, Scope

from .rule_texts import Calls

SEGMENTS = {"gold": uuid.UUID(int=1), "it's new": uuid.UUID(int=2)}
LISTS = {"clients": uuid.UUID(int=11), "friend's": uuid.UUID(int=12), "empty": uuid.UUID(int=13)}
LIST_COLUMNS = {name: ListColumns(segment_id=one, columns=frozenset({"service", "n"})) for name, one in LISTS.items()}
# The newest month of each list; of the last one nothing is loaded.
LIST_MONTHS = {LISTS["clients"]: date(2011, 3, 1), LISTS["friend's"]: date(2011, 1, 1)}
SCOPE = Scope(
    lists={**LIST_COLUMNS, **{str(one): LIST_COLUMNS[name] for name, one in LISTS.items()}},
    measures=Dictionary(
        [Attribute(name="arpu", type=AttributeType.NUMBER), Attribute(name="downloads", type=AttributeType.INTEGER)]
    ),
    segments={**SEGMENTS, **{str(one): one for one in SEGMENTS.values()}},
)
# February is missing and the last month is not over: it must not be looked at.
MONTHS = [date(2010, 12, 1), date(2011, 1, 1), date(2011, 3, 1), date(2011, 4, 1)]
LAST_MONTH = date(2011, 3, 1)
# The night on which clocks in New York went from two to three lies in the windows.
AS_OF = datetime(2011, 4, 2, 3, 4, 5, 678_901, UTC)
ZONES = [ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("UTC")]
TAGS = ["music", "music/classical", "music/classical/guzheng", "musical", "city"]
DAYS = [1, 2, 3, 19, 30, 365, 730]
NUMBERS = ["0", "1", "-1.5", "0.1", "0.2", "0.3", "999999999.999999", "-0.000001"]
TEXTS = ["", "one", "1e3", "1.", ".5", "+1", " 1", "1\n", "1234567890", "0.1234567", "NaN", "\u0661"]


@dataclass(frozen=True, kw_only=True)
class Pasts:
    """Where the values of events and of usage come from."""

    event_values: st.SearchStrategy[str]
    usage: st.SearchStrategy[float]

    def histories(self) -> st.SearchStrategy[History]:
        """What one subscriber did and used."""
        event = st.builds(
            PastEvent,
            type=st.sampled_from(["visit", "it's a buy"]),
            at=_moments(),
            attributes=st.dictionaries(st.sampled_from(["price", "shop"]), self.event_values, max_size=2),
        )
        month = st.fixed_dictionaries({"arpu": st.none() | self.usage, "downloads": st.none() | st.integers(-1, 3)})
        row = st.builds(
            ListRow,
            month=st.sampled_from(MONTHS[:3]),
            columns=st.dictionaries(st.sampled_from(["service", "n"]), self.event_values, max_size=2),
        )
        return st.builds(
            History,
            as_of=st.just(AS_OF),
            zone=st.just(ZONES[0]),
            events=st.lists(event, max_size=5).map(tuple),
            usage=st.dictionaries(st.sampled_from(MONTHS), month),
            last_month=st.just(LAST_MONTH),
            segments=st.frozensets(st.sampled_from(list(SEGMENTS.values()))),
            tags=st.dictionaries(st.sampled_from(TAGS), st.sampled_from([0.0, 0.3, 0.7, 1.0])),
            lists=st.fixed_dictionaries(
                {
                    one: st.lists(row.filter(_until(newest)), max_size=4).map(tuple)
                    for one, newest in LIST_MONTHS.items()
                }
            ),
            list_months=st.just(LIST_MONTHS),
        )


def _until(newest: date) -> Callable[[ListRow], bool]:
    return lambda row: row.month <= newest


def _moments() -> st.SearchStrategy[datetime]:
    """Moments on both sides of the windows' ends, of local midnights and anywhere."""
    edges = st.sampled_from([0, 1, 2, 3, 19, 20, 30, 365, 730, 731]).map(lambda days: AS_OF - timedelta(days=days))
    midnights = st.integers(0, 40).map(lambda hours: datetime(2011, 4, 1, tzinfo=UTC) - timedelta(hours=hours))
    near = st.builds(
        lambda moment, off: moment + timedelta(microseconds=off), edges | midnights, st.sampled_from([-1, 0, 1])
    )
    return near | st.datetimes(datetime(2009, 1, 1), datetime(2011, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- the strategy adds the zone


def calls() -> Calls:
    """Calls of every function; deferred, since their wording would be written out at each place they may stand."""
    every = _every_call()
    return Calls(
        integers=st.deferred(lambda: every.integers),
        numbers=st.deferred(lambda: every.numbers),
        conditions=st.deferred(lambda: every.conditions),
    )


def _every_call() -> Calls:
    event = st.sampled_from(["'visit'", "'it''s a buy'", "'never'"])
    days = st.sampled_from(DAYS)
    only = st.sampled_from(["", ", 'shop' = '1'", ", 'price' = 'one'"])
    measure, months = st.sampled_from(["arpu", "downloads"]), st.sampled_from([1, 2, 3, 4, 24])
    segment = st.sampled_from(["'gold'", "'it''s new'", f"'{SEGMENTS['gold']}'"])
    named = st.sampled_from(["'clients'", "'friend''s'", f"'{LISTS['clients']}'", "'empty'"])
    of_row = st.sampled_from(["", ", 'service' = '1'", ", 'n' = 'one'"])
    path = st.sampled_from(["'music'", "'music/classical'", "'city'", "'none'"])
    confidence = st.sampled_from(["", ", 0.3", ", 0.70001", ", 1"])
    return Calls(
        integers=st.one_of(
            st.builds("{}({}, {}{})".format, st.sampled_from(["count_events", "days_with_events"]), event, days, only),
            st.builds("days_since_event({}{})".format, event, only),
            st.builds("months_with_usage({}, {})".format, measure, months),
            st.builds(
                "{}({}, {}{})".format, st.sampled_from(["count_rows", "months_with_rows"]), named, months, of_row
            ),
        ),
        numbers=st.one_of(
            st.builds(
                "{}({}, {}, {}{})".format,
                st.sampled_from(["sum_events", "avg_events", "min_events", "max_events"]),
                event,
                st.sampled_from(["'price'", "'shop'"]),
                days,
                only,
            ),
            st.builds(
                "{}({}, {})".format,
                st.sampled_from(["sum_usage", "avg_usage", "min_usage", "max_usage"]),
                measure,
                months,
            ),
            st.builds(
                "{}({}, {}, {}{})".format,
                st.sampled_from(["sum_rows", "avg_rows", "min_rows", "max_rows"]),
                named,
                st.sampled_from(["'n'", "'service'"]),
                months,
                of_row,
            ),
        ),
        conditions=st.one_of(
            st.builds("no_events({}, {}{})".format, event, days, only),
            st.builds("in_segment({})".format, segment),
            st.builds("has_tag({}{})".format, path, confidence),
        ),
    )


def event_rows(histories: Sequence[History]) -> list[dict[str, object]]:
    """The events of subscribers 1, 2, 3 ..., as rows of an events file."""
    return [
        {"subscriber_id": index, "type": one.type, "at": one.at, "attributes": list(one.attributes.items())}
        for index, history in enumerate(histories, start=1)
        for one in history.events
    ]


def usage_rows(histories: Sequence[History], month: date) -> list[dict[str, object]]:
    """One month of subscribers 1, 2, 3 ..., as rows of a usage file."""
    return [
        {"subscriber_id": index, **history.usage[month]}
        for index, history in enumerate(histories, start=1)
        if month in history.usage
    ]


def tag_rows(histories: Sequence[History]) -> list[dict[str, object]]:
    """The tags of subscribers 1, 2, 3 ..., as rows of a tags file."""
    return [
        {"subscriber_id": index, "path": path, "confidence": confidence}
        for index, history in enumerate(histories, start=1)
        for path, confidence in history.tags.items()
    ]


def members_of(histories: Sequence[History], segment_id: uuid.UUID) -> list[int]:
    """Which of subscribers 1, 2, 3 ... belong to a segment."""
    return [index for index, history in enumerate(histories, start=1) if segment_id in history.segments]


def list_rows(histories: Sequence[History], segment_id: uuid.UUID, month: date) -> list[dict[str, object]]:
    """One month of a list of subscribers 1, 2, 3 ..., as rows of its file."""
    return [
        {"subscriber_id": index, "columns": list(row.columns.items())}
        for index, history in enumerate(histories, start=1)
        for row in history.lists.get(segment_id, ())
        if row.month == month
    ]
