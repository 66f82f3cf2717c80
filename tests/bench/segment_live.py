"""Measures how soon events show in memberships at the promised rate, and that none is lost; it judges nothing.

Run ``python -m tests.bench.segment_live``; a minute of events, some three in all; with
``CARILLON_BENCH_SUBSCRIBERS=1000000`` it is shorter; ``CARILLON_BENCH_LIVE_SECONDS`` says how many seconds. Beside the
crowd's events a probe a tenth of a second is booked and looked up until its segment has it.
"""

import asyncio
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass, field

import uvloop
from google.protobuf.timestamp_pb2 import Timestamp
from pyarrow import parquet
from rich.console import Console
from rich.table import Table

from carillon.segment.v1 import event_pb2, event_pb2_grpc, membership_pb2, membership_pb2_grpc, segment_pb2
from carillon.segment.v1.segment_pb2_grpc import SegmentServiceStub
from carillon_chassis.client import invoke
from carillon_chassis.identity import acting_as
from tests.bench.segment_service import ADMIN, Served, bench_subscribers, served

DEFAULT_SECONDS = 20.0
FULL = 12_000_000
FULL_SECONDS = 60.0
RATE = 5_000
EVENTS_A_CALL = 500
# Calls under way at once: a call that is late must not make the next one late.
MOST_UNDER_WAY = 16
PROBE_SECONDS = 0.1
# The first subscribers are the probes' own, one each, so that each shows once.
PROBES = 1_000
CALL_SECONDS = 60.0
# Issue 4.
MOST_P99_SECONDS = 5.0
SETTLE_SECONDS = 60.0
RULES = {
    "visited": "count_events('visit', 30) >= 1",
    "often": "count_events('visit', 7) >= 3",
    "probed": "count_events('probe', 1) >= 1",
}


@dataclass(kw_only=True)
class LiveFigures:
    """Seconds from the booking of a probe to its membership; ``rate`` is what was booked a second."""

    subscribers: int
    booked: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    touched: int = 0
    members: int = 0

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.booked / self.seconds

    @property
    def p99(self) -> float:
        """What 99 of 100 probes waited at most."""
        return statistics.quantiles(self.waits, n=100)[98]

    @property
    def reached(self) -> dict[str, bool]:
        """Each bound by its name."""
        return {
            f"{RATE:,} events a second": self.rate >= RATE * 0.99,
            f"99 of 100 events visible in {MOST_P99_SECONDS:.0f} s": self.p99 <= MOST_P99_SECONDS,
            "no event lost": self.members == self.touched,
        }


def main(subscribers: int | None = None, seconds: float | None = None, rate: int = RATE) -> LiveFigures:
    """Runs it and prints the figures."""
    people = subscribers or bench_subscribers()
    usual = FULL_SECONDS if people >= FULL else DEFAULT_SECONDS
    wanted = seconds or float(os.environ.get("CARILLON_BENCH_LIVE_SECONDS", usual))
    figures = uvloop.run(measure(people, wanted, rate))
    Console(width=130).print(render(figures))
    return figures


async def measure(subscribers: int, seconds: float, rate: int) -> LiveFigures:
    """Makes the segments, books events at the rate with probes among them, and waits until all show."""
    async with served(subscribers) as one:
        with acting_as(ADMIN):
            return await measure_on(one, seconds, rate)


async def measure_on(one: Served, seconds: float, rate: int) -> LiveFigures:
    """The same on a service that has loaded the subscribers."""
    numbers = _numbers(one)
    segments = {name: await _create(one, name, rule) for name, rule in RULES.items()}
    figures = LiveFigures(subscribers=one.subscribers)
    touched: set[str] = set()
    ending = time.perf_counter() + seconds
    probing = asyncio.create_task(_probe(one, numbers[:PROBES], figures, ending))
    began = time.perf_counter()
    await _crowd(one, numbers[PROBES:], figures, touched, ending, rate)
    figures.seconds = time.perf_counter() - began
    await probing
    figures.touched = len(touched)
    figures.members = await _settled(one, segments["visited"], figures.touched)
    return figures


def _numbers(one: Served) -> list[str]:
    # A hundred thousand people are crowd enough, and few enough that some come often.
    batch = next(parquet.ParquetFile(one.folder / "subscribers.parquet").iter_batches(100_000, columns=["msisdn"]))
    return [str(number) for number in batch["msisdn"].to_pylist()]


async def _create(one: Served, name: str, rule: str) -> str:
    request = segment_pb2.CreateSegmentRequest(request_id=name, name=name, rule=rule)
    return (
        await invoke(SegmentServiceStub(one.channel).CreateSegment, request, timeout_seconds=CALL_SECONDS)
    ).segment.id


async def _book(one: Served, request_id: str, kind: str, numbers: list[str]) -> None:
    at = Timestamp()
    at.GetCurrentTime()
    events = [event_pb2.Event(msisdn=number, type=kind, at=at) for number in numbers]
    request = event_pb2.RecordEventsRequest(request_id=request_id, events=events)
    stub = event_pb2_grpc.EventServiceStub(one.channel)
    answer = await invoke(stub.RecordEvents, request, timeout_seconds=CALL_SECONDS)
    if answer.accepted != len(numbers):
        raise RuntimeError(f"{answer.accepted} of {len(numbers)} events were booked")


async def _crowd(
    one: Served, numbers: list[str], figures: LiveFigures, touched: set[str], ending: float, rate: int
) -> None:
    """Events at the rate, in calls of some hundreds, until the time is over and all are answered."""
    chance = random.Random(5)
    places = asyncio.Semaphore(MOST_UNDER_WAY)
    began = time.perf_counter()

    async def call(number: int, chosen: list[str]) -> None:
        async with places:
            await _book(one, f"crowd {number}", "visit", chosen)
        figures.booked += len(chosen)
        touched.update(chosen)

    async with asyncio.TaskGroup() as calls:
        number = 0
        while time.perf_counter() < ending:
            chosen = chance.choices(numbers, k=EVENTS_A_CALL)
            calls.create_task(call(number, chosen))
            number += 1
            await asyncio.sleep(max(0.0, began + number * EVENTS_A_CALL / rate - time.perf_counter()))


async def _probe(one: Served, numbers: list[str], figures: LiveFigures, ending: float) -> None:
    """One subscriber after another, each looked up until the segment has them; several wait at once."""
    async with asyncio.TaskGroup() as waiting:
        for place, number in enumerate(numbers, 1):
            if time.perf_counter() >= ending:
                break
            waiting.create_task(_wait(one, place, number, figures))
            await asyncio.sleep(PROBE_SECONDS)


async def _wait(one: Served, subscriber_id: int, number: str, figures: LiveFigures) -> None:
    stub = membership_pb2_grpc.MembershipServiceStub(one.channel)
    request = membership_pb2.ListMembershipsRequest(subscriber_id=subscriber_id)
    await _book(one, f"probe {subscriber_id}", "probe", [number])
    began = time.perf_counter()
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            answer = await invoke(stub.ListMemberships, request, timeout_seconds=CALL_SECONDS)
            if any(membership.name == "probed" for membership in answer.memberships):
                break
            await asyncio.sleep(PROBE_SECONDS)
    figures.waits.append(time.perf_counter() - began)


async def _settled(one: Served, segment_id: str, wanted: int) -> int:
    """How many the segment has once it has all, or after a while."""
    stub = SegmentServiceStub(one.channel)
    until = time.perf_counter() + SETTLE_SECONDS
    while True:
        answer = await invoke(stub.GetSegment, segment_pb2.GetSegmentRequest(id=segment_id))
        if answer.segment.count >= wanted or time.perf_counter() > until:
            return answer.segment.count
        await asyncio.sleep(0.25)


def render(figures: LiveFigures) -> Table:
    """The figures beside their bounds."""
    table = Table(title=f"Events into memberships of {figures.subscribers:,} subscribers, {figures.seconds:.0f} s")
    for heading in ("what", "figure", "bound", "of the bound"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    rows = (
        ("events booked a second", f"{figures.rate:,.0f}", f"{RATE:,}", f"{figures.rate / RATE:.2f}"),
        ("from booked to member, median", f"{statistics.median(figures.waits):.2f} s", "-", "-"),
        (
            "from booked to member, p99",
            f"{figures.p99:.2f} s",
            f"{MOST_P99_SECONDS:.0f} s",
            f"{figures.p99 / MOST_P99_SECONDS:.2f}",
        ),
        ("members of those touched", f"{figures.members:,} of {figures.touched:,}", "all", "-"),
    )
    for row in rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(0 if all(main().reached.values()) else 1)
