"""Which route a message takes: by its channel and the prefix of its number; must not know which lines are up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from svc_channel.domain.channel import DEFAULT_ROUTE, OVER_TEXT_LINES, Channel, route_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A queue that a group of lines empties together: a line that is down leaves it to the others (CHN-06).

    ``prefixes`` are the first characters of E.164 numbers, plus sign included; none means every number.
    """

    name: str
    channels: frozenset[Channel] = OVER_TEXT_LINES
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes; the longest prefix wins, and of two alike the one that stands first."""

    routes: Sequence[Route] = (Route(name=DEFAULT_ROUTE),)
    _by_prefix: dict[tuple[Channel, str], str] = field(init=False, repr=False, compare=False, default_factory=dict)
    _lengths: list[int] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        for route in self.routes:
            for channel in route.channels:
                for prefix in route.prefixes or ("",):
                    self._by_prefix.setdefault((channel, prefix), route.name)
        self._lengths.extend(sorted({len(prefix) for _, prefix in self._by_prefix}, reverse=True))

    def find(self, channel: Channel, msisdn: str) -> str:
        """The route of a message; where no route takes it, the channel's own, on which it waits for a line."""
        for length in self._lengths:
            name = self._by_prefix.get((channel, msisdn[:length]))
            if name is not None:
                return name
        return route_of(channel)
