"""Keeps the pace of one sender by the event loop's clock; the rules are in domain/pace."""

import asyncio
from collections.abc import Callable

from svc_channel.domain.pace import Pace, limited, restored, spend, start_pace, throttled


class PaceKeeper:
    """Waits before a submit when a rate is in force; costs nothing while none is."""

    def __init__(self, limit_per_second: int, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._limit_per_second = limit_per_second
        self._pace: Pace = start_pace(limit_per_second, now=monotonic())
        self._second = 0
        self._sent_this_second = 0
        self._sent_last_second = 0

    @property
    def is_limited(self) -> bool:
        """Whether it keeps to a limit even while nobody throttles."""
        return self._limit_per_second > 0

    @property
    def rate_per_second(self) -> float | None:
        """The rate in force, None for none."""
        return self._pace.rate_per_second

    async def wait(self) -> None:
        """Returns when one more part may go."""
        now = self._monotonic()
        self._count(now)
        if self._pace.rate_per_second is None:
            return
        self._pace, seconds = spend(restored(self._pace, now=now), count=1, now=now)
        if seconds > 0:
            await asyncio.sleep(seconds)

    def share(self, *, among: int) -> None:
        """Keeps to one of so many equal parts of the limit from now on."""
        if self.is_limited:
            self._pace = limited(self._pace, self._limit_per_second / among, now=self._monotonic())

    def slow_down(self) -> None:
        """The SMSC throttled."""
        observed = float(max(self._sent_this_second, self._sent_last_second, 1))
        self._pace = throttled(self._pace, observed_per_second=observed, now=self._monotonic())

    def _count(self, now: float) -> None:
        second = int(now)
        if second != self._second:
            self._sent_last_second = self._sent_this_second if second == self._second + 1 else 0
            self._second, self._sent_this_second = second, 0
        self._sent_this_second += 1
