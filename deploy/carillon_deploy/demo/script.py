"""Runs the demo's twelve stages in order, a line each, and stops at the first that fails; it judges nothing itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import httpx
import psutil
from rich.console import Console

from carillon_chassis.errors import DomainError
from carillon_deploy.demo.campaigning import approve_campaign, launch_campaign
from carillon_deploy.demo.dataset import expected_figures, read_customers
from carillon_deploy.demo.elsewhere import reach_elsewhere
from carillon_deploy.demo.fresh import make_fresh
from carillon_deploy.demo.loop import Loop
from carillon_deploy.demo.memory import PeakMemory
from carillon_deploy.demo.outcome import await_rewards, check_report, render_report
from carillon_deploy.demo.preparation import define_segments, load_catalogue, load_customers, start_suite
from carillon_deploy.demo.prize import pay_prize
from carillon_deploy.demo.replay import replay_outcome
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import GatewayClient, open_http
from carillon_deploy.runner.layout import Layout, read_layout
from carillon_deploy.runner.logs import failure
from carillon_deploy.snapshot import choose_credential

# What the demo promises on two cores, and prints beside what it took.
TIME_LIMIT_SECONDS = 150.0
MEMORY_LIMIT_BYTES = 2_500_000_000
# No stage may hang for ever: none may take longer than the whole, and on a busy machine than twice that.
STAGE_LIMIT_SECONDS = 2 * TIME_LIMIT_SECONDS

Stage = Callable[[Loop], Awaitable[str]]
# Title, what it does, and the logs that tell why it failed.
STAGES: tuple[tuple[str, Stage, tuple[str, ...]], ...] = (
    ("Load the catalogue", load_catalogue, ("catalog", "gateway")),
    ("Load 64,000 customers", load_customers, ("segment", "gateway")),
    ("Define segments by rule", define_segments, ("segment", "gateway")),
    ("Plan and approve the campaign", approve_campaign, ("campaign", "gateway")),
    ("Launch", launch_campaign, ("campaign", "channel", "smsc")),
    ("Replay what happened", replay_outcome, ("campaign", "channel", "catalog", "segment", "gateway")),
    ("Reward", await_rewards, ("reward", "campaign")),
    ("Report", check_report, ("campaign", "gateway")),
    (
        "Reach a customer elsewhere",
        reach_elsewhere,
        ("channel", "gateway", "ppg", "mmsc", "market", "smsc", "ismg", "outcall"),
    ),
    ("Draw and pay a prize", pay_prize, ("reward", "gateway", "recharge")),
)
COUNT = len(STAGES) + 2


class StageFailed(CommandError):
    """A stage failed; the text names it, what failed and the logs."""


def run_demo(environment: Mapping[str, str], console: Console) -> bool:
    """Runs the loop from an empty home and tells whether it kept to its limits. Raises StageFailed unless it closed."""
    if any(name.startswith("CARILLON_") and name.endswith("_DATABASE_URL") for name in environment):
        msg = "the demo starts from empty databases of its own; unset the CARILLON_<SERVICE>_DATABASE_URL variables"
        raise CommandError(msg)
    layout = read_layout(environment)
    make_fresh(layout.home, at=datetime.now(UTC), report=console.print)
    layout = read_layout(environment)
    with PeakMemory(layout.home) as memory:
        loop = asyncio.run(_run(layout, console))
        memory.sample()
    console.print(render_report(loop.report))
    # From the command's first breath: loading our own libraries is part of what a person waits for.
    took = time.time() - psutil.Process().create_time()
    return _conclude(loop, console, took=took, peak_bytes=memory.peak_bytes)


async def _run(layout: Layout, console: Console) -> Loop:
    await _stage(console, layout, 1, "Start the suite", ("supervisor",), start_suite(layout, console))
    async with open_http(layout.home.url) as http:
        loop = _open_loop(layout, http)
        for number, (title, act, logs) in enumerate(STAGES, start=2):
            await _stage(console, layout, number, title, logs, act(loop))
    return loop


def _open_loop(layout: Layout, http: httpx.AsyncClient) -> Loop:
    customers = read_customers()
    operator, approver, portal = (
        GatewayClient(http, choose_credential(layout.home, role)) for role in ("branch_operator", "approver", "portal")
    )
    return Loop(
        layout=layout,
        customers=customers,
        expected=expected_figures(customers),
        http=http,
        operator=operator,
        approver=approver,
        portal=portal,
    )


async def _stage(
    console: Console, layout: Layout, number: int, title: str, logs: tuple[str, ...], work: Awaitable[str]
) -> None:
    """Runs one stage within its limit and prints its line. Raises StageFailed with the logs to read."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(STAGE_LIMIT_SECONDS):
            result = await work
    except (CommandError, DomainError, httpx.HTTPError, TimeoutError, OSError, ExceptionGroup) as error:
        text = f"stage {number} of {COUNT}, {title}, failed after {time.monotonic() - began:.1f} s: {_reason(error)}"
        raise StageFailed(failure(text, [layout.home.log / f"{name}.log" for name in logs])) from error
    console.print(f"{number:>2}/{COUNT} {title:<30} {time.monotonic() - began:6.1f} s  {result}")


def _reason(error: BaseException) -> str:
    """What went wrong, the first of several that went wrong at once."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError) and not str(error):
        return f"no end after {STAGE_LIMIT_SECONDS:.0f} s"
    return str(error) or type(error).__name__


def _conclude(loop: Loop, console: Console, *, took: float, peak_bytes: int) -> bool:
    """Stage 12: the suite stays up; says where to look and whether the limits were kept."""
    home = loop.home
    within = took <= TIME_LIMIT_SECONDS and peak_bytes <= MEMORY_LIMIT_BYTES
    console.print(f"{COUNT:>2}/{COUNT} The suite stays up; carillon down stops it")
    console.print(f"      time    {took:.1f} s of {TIME_LIMIT_SECONDS:.0f} s, starting the suite included")
    console.print(
        f"      memory  {peak_bytes / 1e9:.2f} GB of {MEMORY_LIMIT_BYTES / 1e9:.1f} GB at its peak, PSS of all"
    )
    console.print(f"      sending {loop.messages_per_second:,.0f} messages a second, launch to last receipt")
    console.print(f"console      {home.url}/console/campaigns/{loop.campaign_id}")
    console.print(f"OpenAPI      {home.url}/docs")
    console.print(f"credentials  {home.credentials} (carillon credentials)")
    if not within:
        console.print(
            "the loop closed, but not within its limits: is this machine busy with something else?", style="red"
        )
    return within
