"""Token buckets that bound how often one key may do something; they must not know what it is, nor read a clock."""

from collections import OrderedDict
from dataclasses import dataclass

# Keys are client ids and addresses; past this many, the one unused longest is forgotten, which only favours it.
KEYS_LIMIT = 10_000


@dataclass(slots=True)
class _Level:
    tokens: float
    at_seconds: float


class Buckets:
    """One bucket a key: ``burst`` tokens at first, refilled by ``rate_per_second`` up to ``burst``."""

    def __init__(self, *, rate_per_second: float, burst: float) -> None:
        self._rate = rate_per_second
        self._burst = burst
        self._levels: OrderedDict[str, _Level] = OrderedDict()

    def take(self, key: str, *, now_seconds: float) -> float:
        """Takes one token: 0.0 when there was one, else the seconds until there is."""
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = _Level(self._burst, now_seconds)
            if len(self._levels) > KEYS_LIMIT:
                self._levels.popitem(last=False)
        else:
            self._levels.move_to_end(key)
            elapsed = max(0.0, now_seconds - level.at_seconds)
            level.tokens = min(self._burst, level.tokens + elapsed * self._rate)
            level.at_seconds = now_seconds
        if level.tokens >= 1.0:
            level.tokens -= 1.0
            return 0.0
        return (1.0 - level.tokens) / self._rate

    def wait_seconds(self, key: str, *, now_seconds: float) -> float:
        """How long until there is a token, 0.0 when there is one; takes none."""
        level = self._levels.get(key)
        if level is None:
            return 0.0
        tokens = min(self._burst, level.tokens + max(0.0, now_seconds - level.at_seconds) * self._rate)
        return 0.0 if tokens >= 1.0 else (1.0 - tokens) / self._rate
