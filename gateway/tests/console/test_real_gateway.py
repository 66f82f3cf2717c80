"""The console as the real gateway serves it: its own process, its own clients, real gRPC behind; and it stops when told."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from playwright.async_api import async_playwright, expect

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.ids import new_id
from carillon_gateway.peers import SERVICES, open_peers
from carillon_gateway.testing.harness import client_id, secret
from carillon_gateway.testing.suite import StandIns

from .conftest import FLAGS

pytestmark = pytest.mark.browser

START_SECONDS = 40
STOP_SECONDS = 20


@asynccontextmanager
async def running_gateway(
    database: Database, services: StandIns
) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """`python -m carillon_gateway serve` until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {f"CARILLON_GATEWAY_{name.upper()}_ADDRESS": services.address for name in SERVICES}
    environment |= {
        "CARILLON_GATEWAY_DATABASE_URL": database.url,
        "CARILLON_GATEWAY_TOKEN_KEY": "k9QvX2mT7rLw4ZsB8nYc5HdJ1fGpAe3U",
        "CARILLON_GATEWAY_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "carillon_gateway", "serve", env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        await asyncio.wait_for(_answers(f"{url}/healthz"), START_SECONDS)
        yield url, process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _answers(url: str) -> None:
    async with httpx.AsyncClient() as http:
        while True:
            try:
                (await http.get(url)).raise_for_status()
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
            else:
                return


async def make_campaign(services: StandIns) -> None:
    """A draft at the stand-in for svc-campaign."""
    peers = open_peers(dict.fromkeys(SERVICES, services.address))
    plan = campaign_pb2.CampaignPlan(
        name="spring-2027",
        arms=[campaign_pb2.Arm(name="only", segment_id=str(new_id()))],
        sender="10086",
        window_days=14,
        conversion_services=["CRBT"],
    )
    with acting_as(Identity(subject="maker", branch="guangzhou")):
        request = campaign_pb2.CreateCampaignRequest(request_id="r-1", plan=plan)
        await invoke(peers.campaigns.CreateCampaign, request)
    await peers.close()


async def test_the_gateway_serves_the_console_and_stops_with_a_page_open(
    database: Database, services: StandIns
) -> None:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    await make_campaign(services)
    async with running_gateway(database, services) as (url, process), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = await browser.new_page()
        await page.goto(f"{url}/console")
        await page.fill("input[name=client_id]", client_id("auditor"))
        await page.fill("input[name=client_secret]", secret("auditor"))
        await page.keyboard.press("Enter")
        await page.get_by_text("spring-2027").click(timeout=15_000)
        await expect(page.get_by_text("No figures before the launch")).to_be_visible()
        process.terminate()
        # uvicorn ends in good order and then lets the signal have its own exit code.
        assert await asyncio.wait_for(process.wait(), STOP_SECONDS) in {0, -signal.SIGTERM}
        await browser.close()
