"""What the demo's stages share and hand on: the clients, the data, what is known of the campaign so far."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from carillon_deploy.demo.dataset import HOLDOUT, ArmFigures, Customer
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import GatewayClient
from carillon_deploy.home import Home
from carillon_deploy.runner.layout import Layout

CAMPAIGN = "hillstrom-2008"
POLL_SECONDS = 0.25
# Whatever a stage waits for, a few seconds bring; a push's result may come before its answer and is matched later.
STATE_SECONDS = 60.0
# What is in one of these never comes into the state that a stage waits for.
ENDED_BADLY = frozenset({"failed", "refused"})


@dataclass(slots=True, kw_only=True)
class Loop:
    """One run of the demo. The three clients are the people of the story: the maker, the checker, the portal."""

    layout: Layout
    customers: list[Customer]
    expected: list[ArmFigures]
    http: httpx.AsyncClient
    operator: GatewayClient
    approver: GatewayClient
    portal: GatewayClient
    segments: dict[str, str] = field(default_factory=dict)
    campaign_id: str = ""
    messages_per_second: float = 0.0
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """Where the suite keeps its state."""
        return self.layout.home

    @property
    def contacts(self) -> int:
        """How many subscribers get a message."""
        return sum(arm.contacted for arm in self.expected)

    @property
    def control(self) -> Path:
        """The simulator's control socket."""
        return Path(self.layout.smsc_control())

    @property
    def journal(self) -> Path:
        """What the handsets received."""
        return Path(self.layout.smsc_journal())

    def contacted_visitors(self) -> list[Customer]:
        """Who got a message and visited, in the order of the data."""
        return [customer for customer in self.customers if customer.visited and customer.arm != HOLDOUT]

    async def campaign(self) -> dict[str, Any]:
        """The campaign as it stands now."""
        found: dict[str, Any] = await self.operator.get(f"/api/v1/campaigns/{self.campaign_id}")
        return found

    async def fetch_report(self) -> dict[str, Any]:
        """The campaign's report as it stands now."""
        found: dict[str, Any] = await self.operator.get(f"/api/v1/campaigns/{self.campaign_id}/report")
        return found


async def wait_for(what: str, wanted: int, count: Callable[[], Awaitable[int]], *, limit_seconds: float) -> None:
    """Waits until a count reaches what is wanted. Raises CommandError when it passes it or takes too long."""
    deadline = time.monotonic() + limit_seconds
    while (seen := await count()) != wanted:
        if seen > wanted or time.monotonic() > deadline:
            msg = f"{seen:,} {what} after {limit_seconds:.0f} s or less, {wanted:,} were to come"
            raise CommandError(msg)
        await asyncio.sleep(POLL_SECONDS)


async def wait_for_state(client: GatewayClient, path: str, state: str, *, of: str | None = None) -> dict[str, Any]:
    """What stands at a path once it, or its part ``of``, is in a state. Raises CommandError unless it is so in time."""
    deadline = time.monotonic() + STATE_SECONDS
    while True:
        found: dict[str, Any] = await client.get(path)
        seen = found[of] if of else found
        if seen["state"] == state:
            return found
        if seen["state"] in ENDED_BADLY or time.monotonic() > deadline:
            msg = f"{path} is {seen['state']} and not {state}: {seen.get('reason') or 'it takes too long'}"
            raise CommandError(msg)
        await asyncio.sleep(POLL_SECONDS)
