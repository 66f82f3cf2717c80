"""Keeps the rates of accounts, campaigns and cells over all lines of this process; the line's own pace is elsewhere.

Every process keeps its own count, and to its share of each limit.
"""

from collections import OrderedDict
from collections.abc import Callable

from svc_channel.domain.limits import Limits
from svc_channel.domain.pace import Pace, spend, start_pace

# A claim whose parts would wait longer, all together, gives the rest back to the queue: its place on the line belongs
# to those who may go.
PATIENCE_SECONDS = 0.5
# Cells come and go; one that was forgotten begins with a burst of a tenth of a second.
REMEMBERED = 20_000


class Quotas:
    """One bucket a limit, made when it is first met."""

    def __init__(self, limits: Limits, *, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._among = 1
        self._buckets: OrderedDict[tuple[str, str], Pace] = OrderedDict()

    @property
    def are_limited(self) -> bool:
        """Whether there is any limit to keep to."""
        return not self._limits.are_none

    def share(self, *, among: int) -> None:
        """Keeps to one of so many equal parts of each limit from now on."""
        self._among = among
        # Each begins anew, as when it was first met.
        self._buckets.clear()

    def admit(
        self, *, account: str, campaign: str, cell: str, parts: int, patience: float = PATIENCE_SECONDS
    ) -> float | None:
        """Seconds until so many parts may go, or None when that is over ``patience``; what may go is counted."""
        if not self.are_limited:
            return 0.0
        now = self._monotonic()
        spent: dict[tuple[str, str], Pace] = {}
        longest = 0.0
        for kind, name, limit in self._limits.of(account=account, campaign=campaign, cell=cell):
            bucket = self._buckets.get((kind, name)) or start_pace(limit / self._among, now=now)
            spent[kind, name], wait = spend(bucket, count=parts, now=now)
            longest = max(longest, wait)
        if longest > patience:
            return None
        for key, bucket in spent.items():
            self._buckets[key] = bucket
            self._buckets.move_to_end(key)
        while len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return longest
