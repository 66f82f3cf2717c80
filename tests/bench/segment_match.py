"""Measures a match of everyone by a whole library and the six-class lists, beside their bounds; it must not judge them.

Run ``python -m tests.bench.segment_match``; ``CARILLON_BENCH_SUBSCRIBERS=1000000`` is a short form. The library is the
shipped one and, beside it, rules over the same attributes until it has as many as an operator with 75 services would.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop
from rich.console import Console
from rich.table import Table

from carillon.segment.v1 import classification_pb2, classification_pb2_grpc, match_pb2, match_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.identity import acting_as
from svc_segment.domain.match_library import Layer, MatchedService, MatchLibrary, MatchRule
from svc_segment.store.reference import shipped_classifications, shipped_library
from tests.bench.segment_counts import count_classes, count_fitting
from tests.bench.segment_service import ADMIN, LOOK_SECONDS, Served, bench_subscribers, served

# What twelve million are bound to; smaller forms print the same bounds, which they must not come near.
FULL = 12_000_000
MOST_MATCH_SECONDS = 180.0
MOST_MATCH_MB = 6 * 1024
MOST_CLASS_SECONDS = 60.0
# An operator has 35 to 75 services, and a library some rules for each.
SERVICES, RULES = 75, 120
BRANDS = ("GOTONE", "MZONE", "EASYOWN")
RUN_SECONDS = 900.0
ENDED = {match_pb2.RUN_STATE_DONE, match_pb2.RUN_STATE_FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchFigures:
    """Seconds of each run from its request to its end, the service's peak in MB, and what came out."""

    subscribers: int
    load_seconds: float
    match_seconds: float
    match_mb: float
    class_seconds: float
    extract_seconds: float
    explain_ms: float
    agreed: bool
    match: match_pb2.Match
    classes: classification_pb2.ClassRun

    @property
    def reached(self) -> dict[str, bool]:
        """Each bound by its name; they are those of twelve million, so a smaller form says little."""
        return {
            f"everyone matched in {MOST_MATCH_SECONDS:.0f} s": self.match_seconds <= MOST_MATCH_SECONDS,
            f"a match within {MOST_MATCH_MB // 1024} GB": self.match_mb <= MOST_MATCH_MB,
            f"six-class lists in {MOST_CLASS_SECONDS:.0f} s": self.class_seconds <= MOST_CLASS_SECONDS,
            "rules and classes counted as DuckDB did": self.agreed,
        }


def main(subscribers: int | None = None) -> MatchFigures:
    """Measures and prints; raises RuntimeError when somebody was left out or got more than three services."""
    figures = uvloop.run(measure(subscribers or bench_subscribers()))
    Console(width=120).print(render(figures))
    return figures


async def measure(subscribers: int) -> MatchFigures:
    """One match and one classification of everyone on a service of its own."""
    async with served(subscribers) as one:
        with acting_as(ADMIN):
            return await measure_on(one)


async def measure_on(one: Served) -> MatchFigures:
    """The same on a service that has loaded the subscribers."""
    library = whole_library()
    matches = match_pb2_grpc.MatchServiceStub(one.channel)
    await put_library(matches, library)
    one.forget_peak()
    began = time.perf_counter()
    request = match_pb2.RequestMatchRequest(request_id="match", month="2011-03")
    match = (await invoke(matches.RequestMatch, request)).match
    async with asyncio.timeout(RUN_SECONDS):
        while match.state not in ENDED:
            await asyncio.sleep(LOOK_SECONDS)
            match = (await invoke(matches.GetMatch, match_pb2.GetMatchRequest(id=match.id))).match
    match_seconds, match_mb = time.perf_counter() - began, one.peak_mb
    prove(match, one.subscribers)
    extract_seconds = await _extract(matches, match.id)
    explain_ms = await _explain(matches)
    class_seconds, classes = await _classify(one)
    return MatchFigures(
        subscribers=one.subscribers,
        load_seconds=one.load_seconds,
        match_seconds=match_seconds,
        match_mb=match_mb,
        class_seconds=class_seconds,
        extract_seconds=extract_seconds,
        explain_ms=explain_ms,
        agreed=await asyncio.to_thread(_agreed, one, library, match, classes),
        match=match,
        classes=classes,
    )


def _agreed(one: Served, library: MatchLibrary, match: match_pb2.Match, classes: classification_pb2.ClassRun) -> bool:
    """Whether DuckDB finds as many who fit each rule, and as many in each class."""
    fetion = next(shipped for shipped in shipped_classifications() if shipped.code == "fetion")
    fitting = {share.rule: share.fitting for share in match.shares}
    counted = {count.result: count.count for count in classes.counts}
    return fitting == count_fitting(one.file, library) and counted == count_classes(one.file, fetion)


async def _extract(matches: "match_pb2_grpc.MatchServiceStub", match_id: str) -> float:
    """Seconds for one rule's list with numbers."""
    began = time.perf_counter()
    request = match_pb2.ExtractMatchRequest(id=match_id, rule="R1", with_msisdn=True)
    rows = 0
    async for piece in invoke_stream(matches.ExtractMatch, request, timeout_seconds=RUN_SECONDS):
        rows += piece.piece.count(b"\n")
    if rows < 2:
        raise RuntimeError("the list of R1 is empty")
    return time.perf_counter() - began


async def _explain(matches: "match_pb2_grpc.MatchServiceStub") -> float:
    """Milliseconds of the slowest of a hundred explanations once the first is given."""
    await invoke(matches.ExplainMatch, match_pb2.ExplainMatchRequest(subscriber_id=1), timeout_seconds=60)
    slowest = 0.0
    for subscriber_id in range(1, 101):
        began = time.perf_counter()
        await invoke(matches.ExplainMatch, match_pb2.ExplainMatchRequest(subscriber_id=subscriber_id))
        slowest = max(slowest, (time.perf_counter() - began) * 1000)
    return slowest


async def _classify(one: Served) -> tuple[float, classification_pb2.ClassRun]:
    stub = classification_pb2_grpc.ClassificationServiceStub(one.channel)
    began = time.perf_counter()
    request = classification_pb2.RequestClassesRequest(request_id="classes", code="fetion")
    run = (await invoke(stub.RequestClasses, request)).run
    async with asyncio.timeout(RUN_SECONDS):
        while run.state not in ENDED:
            await asyncio.sleep(LOOK_SECONDS)
            run = (await invoke(stub.GetClasses, classification_pb2.GetClassesRequest(id=run.id))).run
    if run.subscribers != one.subscribers:
        raise RuntimeError(f"{run.subscribers:,} of {one.subscribers:,} have a class: {run.problem}")
    return time.perf_counter() - began, run


def prove(match: match_pb2.Match, subscribers: int) -> None:
    """Raises RuntimeError unless everyone is covered, with at most three services each, and no volume is passed."""
    placed = [sum(share.placed[place] for share in match.shares) for place in range(3)]
    passed = [share.rule for share in match.shares if share.monthly_volume and sum(share.placed) > share.monthly_volume]
    if match.state != match_pb2.RUN_STATE_DONE or match.subscribers != subscribers:
        raise RuntimeError(f"the match ended as {match.state}: {match.problem}")
    if placed[0] != match.covered or not placed[0] >= placed[1] >= placed[2] or passed:
        raise RuntimeError(f"places {placed} of {match.covered:,} covered; volumes passed: {passed}")


def whole_library() -> MatchLibrary:
    """The shipped library, and as many services and rules beside it as an operator of 75 services has."""
    shipped = shipped_library()
    services = [MatchedService(code=f"SERVICE_{number}") for number in range(SERVICES - len(shipped.services))]
    rules = [_more(number, services) for number in range(RULES - len(shipped.rules))]
    return MatchLibrary.of([*shipped.services.values(), *services], [*shipped.rules.values(), *rules])


def _more(number: int, services: Sequence[MatchedService]) -> MatchRule:
    texts = (
        f"arpu >= {20 + number} and gprs_mb > {number} and supports_gprs",
        f"tenure_months between {number} and {number + 30} or sector_leisure >= {number % 7 + 1}",
        f"crm_group in ('MZONE-{number % 9 + 1}', 'GOTONE-{number % 9 + 1}') and not has_crbt",
        f"age < {18 + number % 40} and circle_study is true",
    )
    return MatchRule(
        code=f"M{number}",
        service=services[number % len(services)].code,
        layer=Layer(2 + number % 2),
        principle="bench",
        extract=texts[number % len(texts)],
        priority=number % 3 + 1,
        channels=("SMS",),
        brands=(BRANDS[number % 3],) if number % 2 else (),
        monthly_volume=50_000 if number % 5 == 0 else 0,
        score="churn_score" if number % 10 == 0 else "",
    )


async def put_library(matches: "match_pb2_grpc.MatchServiceStub", library: MatchLibrary) -> None:
    """Adds all services and rules."""
    for service in library.services.values():
        message = match_pb2.MatchedService(
            code=service.code, owned_when=service.owned_when, terminal=service.terminal
        )  # fmt: skip
        await invoke(
            matches.PutMatchedService, match_pb2.PutMatchedServiceRequest(request_id=service.code, service=message)
        )
    for rule in library.rules.values():
        message_of_rule = match_pb2.MatchRule(
            code=rule.code,
            service=rule.service,
            layer=rule.layer,
            principle=rule.principle,
            extract=rule.extract,
            priority=rule.priority,
            channels=rule.channels,
            brands=rule.brands,
            brand_order=rule.brand_order,
            monthly_volume=rule.monthly_volume,
            score=rule.score,
        )
        request = match_pb2.CreateMatchRuleRequest(request_id=f"rule {rule.code}", rule=message_of_rule)
        await invoke(matches.CreateMatchRule, request)


def render(figures: MatchFigures) -> Table:
    """Each figure beside its bound for twelve million."""
    match = figures.match
    table = Table(
        title=f"{figures.subscribers:,} subscribers, {match.rules} rules for {SERVICES} services",
        caption=(
            f"{match.covered:,} covered, {match.recommended:,} recommendations; "
            f"loaded in {figures.load_seconds:.1f} s; the bounds are those of {FULL:,}; "
            f"{'counted as DuckDB does' if figures.agreed else 'COUNTS DIFFER'}"
        ),
    )
    for heading in ("what", "measured", "bound", "of the bound"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for what, measured, bound, unit in (
        ("match everyone", figures.match_seconds, MOST_MATCH_SECONDS, "s"),
        ("memory of the match", figures.match_mb, MOST_MATCH_MB, "MB"),
        ("six-class lists by city", figures.class_seconds, MOST_CLASS_SECONDS, "s"),
    ):
        table.add_row(what, f"{measured:,.1f} {unit}", f"{bound:,.0f} {unit}", f"{measured / bound:.2f}")
    table.add_row("one rule's list with numbers", f"{figures.extract_seconds:.1f} s", "-", "-")
    table.add_row("why one subscriber, slowest of 100", f"{figures.explain_ms:.1f} ms", "-", "-")
    return table


if __name__ == "__main__":
    sys.exit(0 if all(main().reached.values()) else 1)
