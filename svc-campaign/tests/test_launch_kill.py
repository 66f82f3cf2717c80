"""A launch whose process is killed for real, by SIGKILL, and started again."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from carillon.campaign.v1 import campaign_pb2

from .desk import Desk
from .launch_cases import CONTACT_BATCHES, assert_complete, many


async def start_worker(desk: Desk, folder: Path) -> asyncio.subprocess.Process:
    """`python -m svc_campaign worker` on the desk's database and peers."""
    settings = desk.settings
    environment = os.environ | {
        "CARILLON_CAMPAIGN_DATABASE_URL": settings.database_url,
        "CARILLON_CAMPAIGN_LISTEN": f"unix:{folder / 'worker.sock'}",
        "CARILLON_CAMPAIGN_SEGMENT_ADDRESS": settings.segment_address,
        "CARILLON_CAMPAIGN_CHANNEL_ADDRESS": settings.channel_address,
        "CARILLON_CAMPAIGN_CATALOG_ADDRESS": settings.catalog_address,
        "CARILLON_CAMPAIGN_REWARD_ADDRESS": settings.reward_address,
    }
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "svc_campaign", "worker", env=environment)


async def test_a_worker_killed_in_the_middle_of_a_launch_ends_it_when_it_comes_back(desk: Desk, tmp_path: Path) -> None:
    desk.clock.at = datetime.now(UTC)
    many(desk)
    desk.peers.channel.delay_seconds = 0.1
    campaign_id = await desk.launched()

    async def half_done() -> bool:
        return len(desk.peers.channel.submissions) >= CONTACT_BATCHES // 2

    async def running() -> bool:
        return (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_RUNNING

    first = await start_worker(desk, tmp_path)
    await desk.until(half_done, seconds=60)
    first.kill()
    await first.wait()
    assert not await running()
    second = await start_worker(desk, tmp_path)
    try:
        await desk.until(running, seconds=60)
    finally:
        second.terminate()
        await second.wait()
    await assert_complete(desk, campaign_id)
