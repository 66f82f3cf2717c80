"""The rates of lines, accounts, campaigns and cells, by a clock of the test: within 2 % over any ten seconds."""

import random
from bisect import bisect_left
from collections.abc import Sequence

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.limits import Limits
from svc_channel.domain.pace import restored, spend, start_pace
from svc_channel.worker.quotas import PATIENCE_SECONDS, Quotas
from svc_channel.worker.sender import claim_rows

WINDOW_SECONDS = 10.0
TOLERANCE = 0.02
# Sums of floating seconds differ in the last places.
ROUNDING = 1e-6


class ManualClock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def most_in_a_window(sent: Sequence[float]) -> int:
    """The most that left in any ten seconds: a fullest window begins with something sent."""
    return max(bisect_left(sent, at + WINDOW_SECONDS - ROUNDING) - place for place, at in enumerate(sent))


def least_in_a_window(sent: Sequence[float]) -> int:
    """The least that left in any ten seconds between the first and the last: an emptiest window begins after one."""
    counts = [
        bisect_left(sent, at + WINDOW_SECONDS + ROUNDING) - place - 1
        for place, at in enumerate(sent)
        if at + WINDOW_SECONDS <= sent[-1]
    ]
    return min(counts)


@pytest.mark.parametrize("rate", [10, 15, 99, 100, 1_000])
def test_a_line_with_always_something_to_send_keeps_its_rate_in_every_ten_seconds(rate: int) -> None:
    now = 1_000.0
    pace, sent = start_pace(rate, now=now), []
    while now < 1_040.0:
        pace, wait = spend(restored(pace, now=now), count=1, now=now)
        now += wait
        sent.append(now)
    assert most_in_a_window(sent) <= rate * WINDOW_SECONDS * (1 + TOLERANCE)
    assert least_in_a_window(sent) >= rate * WINDOW_SECONDS * (1 - TOLERANCE)


@pytest.mark.parametrize("rate", [50, 200, 1_000])
def test_pauses_and_bursts_of_demand_never_lift_a_line_over_its_rate(rate: int) -> None:
    drawn, now = random.Random(rate), 1_000.0
    pace, sent = start_pace(rate, now=now), []
    for _ in range(rate * 40):
        if drawn.random() < 0.01:
            now += drawn.random() * 3
        pace, wait = spend(restored(pace, now=now), count=1, now=now)
        now += wait
        sent.append(now)
    assert most_in_a_window(sent) <= rate * WINDOW_SECONDS * (1 + TOLERANCE)


@pytest.mark.parametrize(
    ("limits", "rate"),
    [
        (Limits(accounts={"main": 100}), 100),
        (Limits(campaign_per_second=100), 100),
        (Limits(campaign_per_second=500, campaigns={"c": 50}), 50),
        (Limits(cell_per_second=100), 100),
        (Limits(cells={"440-1": 60}, accounts={"main": 200}), 60),
    ],
)
def test_every_kind_of_limit_is_kept_within_two_per_cent_over_any_ten_seconds(limits: Limits, rate: int) -> None:
    clock = ManualClock()
    quotas, sent = Quotas(limits, monotonic=clock), []
    # Two lines of one account, each with something to send every few milliseconds.
    while clock.now < 1_030.0:
        for _ in range(2):
            wait = quotas.admit(account="main", campaign="c", cell="440-1", parts=1)
            if wait is not None:
                sent.append(clock.now + wait)
        clock.now += 0.004
    sent.sort()
    assert most_in_a_window(sent) <= rate * WINDOW_SECONDS * (1 + TOLERANCE)
    assert least_in_a_window([at for at in sent if at >= 1_001.0]) >= rate * WINDOW_SECONDS * (1 - TOLERANCE)


def test_a_limit_that_is_used_up_holds_back_and_leaves_the_others_untouched() -> None:
    clock = ManualClock()
    quotas = Quotas(Limits(accounts={"main": 100}, campaigns={"slow": 1}), monotonic=clock)
    assert quotas.admit(account="main", campaign="slow", cell="", parts=1) == 0
    assert quotas.admit(account="main", campaign="slow", cell="", parts=1) is None
    waits = [quotas.admit(account="main", campaign="fast", cell="", parts=1) for _ in range(10)]
    assert waits[0] == pytest.approx(0.01)
    assert waits[-1] == pytest.approx(0.1)
    clock.now += 1 + PATIENCE_SECONDS
    assert quotas.admit(account="main", campaign="slow", cell="", parts=1) == 0


def test_a_part_without_a_cell_meets_no_cell_limit() -> None:
    clock = ManualClock()
    quotas = Quotas(Limits(cell_per_second=1), monotonic=clock)
    assert [quotas.admit(account="a", campaign="c", cell="", parts=8) for _ in range(3)] == [0, 0, 0]


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="RATE_LIMIT_NEGATIVE"):
        Limits(cells={"440-1": -1})


@pytest.mark.parametrize(("rate", "rows"), [(0, 200), (1, 10), (100, 50), (400, 200), (5_000, 200)])
def test_a_slow_line_claims_little_at_once(rate: int, rows: int) -> None:
    assert claim_rows(rate) == rows


def test_a_claim_that_has_waited_long_enough_waits_no_more() -> None:
    """Else a slow campaign's claims would sleep a little before each message and hold the line for all of it."""
    quotas = Quotas(Limits(campaigns={"slow": 20}), monotonic=lambda: 0.0)
    waits = [quotas.admit(account="a", campaign="slow", cell="", parts=1, patience=0.06) for _ in range(9)]
    admitted = [wait for wait in waits if wait is not None]
    assert max(admitted) <= 0.06
    assert waits[-1] is None
