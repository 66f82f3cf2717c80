"""Jobs run after the change that booked them has committed, again after a failure, and survive the process."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput, Unavailable
from carillon_chassis.jobs import JobHandler, Jobs, enqueue


async def book(database: Database, payload: bytes, key: str | None = None) -> None:
    async with database.unit_of_work() as unit:
        await enqueue(unit, "note", payload, key=key)


async def run_until(database: Database, handler: JobHandler, done: Callable[[], bool]) -> None:
    running = asyncio.ensure_future(Jobs(database.url, {"note": handler}).run())
    try:
        async with asyncio.timeout(20):
            while not done():
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_job_runs_with_its_payload_and_a_keyed_one_once(database: Database) -> None:
    seen: list[bytes] = []

    async def handler(payload: bytes) -> None:
        seen.append(payload)

    await book(database, b"a", key="k")
    await book(database, b"b", key="k")
    await book(database, b"c")
    await run_until(database, handler, lambda: len(seen) >= 2)
    assert sorted(seen) == [b"a", b"c"]


async def test_a_job_of_a_rolled_back_change_never_runs(database: Database) -> None:
    with pytest.raises(ValueError, match="no"):
        async with database.unit_of_work() as unit:
            await enqueue(unit, "note", b"never")
            raise ValueError("no")
    await book(database, b"after")
    seen: list[bytes] = []

    async def handler(payload: bytes) -> None:
        seen.append(payload)

    await run_until(database, handler, lambda: bool(seen))
    assert seen == [b"after"]


async def test_a_job_that_fails_for_now_comes_again(database: Database) -> None:
    tries: list[bytes] = []

    async def handler(payload: bytes) -> None:
        tries.append(payload)
        if len(tries) < 2:
            raise Unavailable(reason="AWAY", detail="later")

    await book(database, b"x")
    await run_until(database, handler, lambda: len(tries) == 2)


async def test_a_job_that_is_refused_for_good_is_held_for_an_operator(database: Database) -> None:
    tries: list[bytes] = []

    async def handler(payload: bytes) -> None:
        tries.append(payload)
        raise InvalidInput(reason="NO", detail="never")

    await book(database, b"x")
    await run_until(database, handler, lambda: bool(tries))
    async with database.read() as unit:
        assert await unit.driver.fetchval("SELECT status::text FROM pgqueuer") == "failed"


async def test_a_running_job_goes_back_to_the_queue_when_the_process_stops(database: Database) -> None:
    started = asyncio.Event()
    seen: list[bytes] = []

    async def endless(payload: bytes) -> None:
        started.set()
        await asyncio.sleep(600)

    async def quick(payload: bytes) -> None:
        seen.append(payload)

    await book(database, b"long")
    await run_until(database, endless, started.is_set)
    await run_until(database, quick, lambda: seen == [b"long"])
