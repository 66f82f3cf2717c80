"""The service's own process is killed while a recharge is under way (RWD-02); another one ends it, paid and booked once."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from pathlib import Path

from carillon_chassis.database import Database

from .desks import COMPLETED, Desks
from .recharge_system import SECRET, SLOW, RechargeSystem, order, state_of

WAIT_SECONDS = 120.0


async def start_service(url: str, segment_address: str, recharge_url: str, folder: str) -> Process:
    """svc-reward as it is delivered, with its workers; it follows nobody."""
    settings = {
        "DATABASE_URL": url,
        "LISTEN": f"unix:{folder}/reward.sock",
        "DATA_DIR": folder,
        "CAMPAIGN_ADDRESS": "unix:/nobody",
        "CATALOG_ADDRESS": "unix:/nobody",
        "SEGMENT_ADDRESS": segment_address,
        "RECHARGE_URL": recharge_url,
        "RECHARGE_SECRET": SECRET,
    }
    environment = os.environ | {f"CARILLON_REWARD_{name}": value for name, value in settings.items()}
    with (Path(folder) / "log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "svc_reward", "serve", env=environment, stdout=log, stderr=log
        )


async def test_a_service_killed_while_it_waits_for_the_payment_pays_and_books_once(
    desks: Desks, owned: Database, segment_address: str, system: RechargeSystem
) -> None:
    # The recharge takes a second; the process dies in it, after its request has gone out.
    (item,) = await order(desks, SLOW)
    async with asyncio.timeout(WAIT_SECONDS):
        with tempfile.TemporaryDirectory(prefix="crk") as folder:
            service = await start_service(owned.url, segment_address, system.url, folder)
            try:
                while not await tries_of(desks, item):
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.5)
                service.send_signal(signal.SIGKILL)
                await service.wait()
                while not system.paid():
                    await asyncio.sleep(0.1)
                assert await desks.paid_fen() == (500, 0), "paid over there, and nobody here knows"
                # Its lease is over in a minute; the test does not wait for it.
                async with desks.database.unit_of_work() as unit:
                    await unit.driver.execute("UPDATE recharge_order SET due_at = now()")
                service = await start_service(owned.url, segment_address, system.url, folder)
                while (await state_of(desks, item))[0] != COMPLETED:
                    await asyncio.sleep(0.1)
            finally:
                if service.returncode is None:
                    service.kill()
                    await service.wait()
    assert (system.paid(), await desks.paid_fen()) == ({f"{item}-1": 500}, (0, 500))
    assert await tries_of(desks, item) == 2
    async with desks.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM transfer WHERE id = $1", f"fulfil:{item}") == 1


async def tries_of(desks: Desks, item: str) -> int:
    """How often a worker has taken the order up."""
    async with desks.database.read() as unit:
        return int(
            await unit.driver.fetchval("SELECT tries FROM recharge_order WHERE fulfilment = $1::text::uuid", item)
        )
