"""Shares of rates: how many send is looked at again and again, and together they send what one may."""

import asyncio

import pytest

from svc_channel.domain.limits import Limits
from svc_channel.domain.pace import limited, restored, spend, start_pace, throttled
from svc_channel.worker import rate_shares
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.quotas import Quotas
from svc_channel.worker.rate_shares import RateShares

RATE = 100


class Replica:
    """One process by a clock of the test: a line and a campaign's limit."""

    def __init__(self, *, rate: int = RATE, limits: Limits | None = None) -> None:
        self.senders, self.now = 1, 1_000.0
        self.pace = PaceKeeper(rate, monotonic=lambda: self.now)
        self.quotas = Quotas(limits or Limits(), monotonic=lambda: self.now)
        self.shares = RateShares(count_senders=self.count, paces=[self.pace], quotas=self.quotas)

    async def count(self) -> int:
        return self.senders

    def sent_in(self, seconds: float) -> int:
        """How many parts of a campaign may go in some seconds in which there is always one more."""
        ends, sent = self.now + seconds, 0
        while True:
            wait = self.quotas.admit(account="", campaign="one", cell="", parts=1, patience=seconds)
            assert wait is not None
            self.now += wait
            if self.now > ends:
                return sent
            sent += 1


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_shares, "NOTICE_SECONDS", 0.0)


async def test_each_keeps_to_its_share_and_takes_up_what_another_leaves() -> None:
    replica = Replica(limits=Limits(campaign_per_second=RATE))
    seen = []
    for senders in (1, 4, 4, 2, 1):
        replica.senders = senders
        await replica.shares.step()
        seen.append((replica.pace.rate_per_second, replica.sent_in(10.0)))
    assert [rate for rate, _ in seen] == [100.0, 25.0, 25.0, 50.0, 100.0]
    for (rate, sent), before in zip(seen, [None, *seen], strict=False):
        assert rate is not None
        # A bucket that was met before has spent its burst.
        burst = 0 if before is not None and before[0] == rate else max(rate / 10, 1)
        assert abs(sent - 10 * rate) <= burst + 1


async def test_nothing_is_sent_before_the_share_is_known_and_all_at_once_where_nothing_is_limited() -> None:
    limited_one = Replica()
    waiting = asyncio.create_task(limited_one.shares.known())
    await asyncio.sleep(0)
    assert not waiting.done()
    await limited_one.shares.step()
    await waiting
    free = Replica(rate=0)
    await free.shares.known()
    assert (limited_one.shares.are_needed, free.shares.are_needed) == (True, False)


async def test_a_newcomer_gives_the_others_time_to_go_down(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr(rate_shares, "NOTICE_SECONDS", 2.0)
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", pause)
    alone, joining = Replica(), Replica()
    joining.senders = 2
    for one in (alone, joining):
        await one.shares.step()
    joining.senders = 3
    await joining.shares.step()
    assert paused == [2.0]


def test_who_was_throttled_below_the_share_stays_so_and_comes_back_to_the_share() -> None:
    slow = throttled(start_pace(100, now=0.0), observed_per_second=20.0, now=5.0)
    shared = limited(slow, 80, now=5.5)
    assert shared.rate_per_second == 50.0
    assert limited(slow, 20, now=5.5).rate_per_second == 20.0
    assert restored(shared, now=60.0).rate_per_second == 80.0


def test_a_smaller_share_takes_no_credit_of_the_larger_one_along() -> None:
    rested = limited(start_pace(100, now=0.0), 10, now=50.0)
    _, wait = spend(rested, count=3, now=50.0)
    assert wait == pytest.approx(0.2)
