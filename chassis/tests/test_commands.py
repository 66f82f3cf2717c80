"""Commands that meet in a ring of locks: PostgreSQL breaks it, and no caller hears of it."""

import asyncio

import asyncpg
import pytest

from carillon.catalog.v1 import order_pb2
from carillon_chassis.commands import TRIES, Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Unavailable

LOCK = "SELECT pg_advisory_xact_lock($1)"


async def test_two_commands_that_lock_crosswise_both_answer(database: Database) -> None:
    commands = Commands(database)
    both_hold_one = asyncio.Barrier(2)
    tries = {1: 0, 2: 0}

    def crosswise(first: int, second: int) -> "asyncio.Task[order_pb2.CancelOrderResponse]":
        async def operation(unit: UnitOfWork) -> order_pb2.CancelOrderResponse:
            tries[first] += 1
            await unit.driver.execute(LOCK, first)
            if tries[first] == 1:
                await both_hold_one.wait()
            await unit.driver.execute(LOCK, second)
            return order_pb2.CancelOrderResponse()

        request = order_pb2.CancelOrderRequest(request_id=f"lock {first}")
        return asyncio.create_task(commands.run(request, order_pb2.CancelOrderResponse, operation))

    async with asyncio.timeout(30):
        await asyncio.gather(crosswise(1, 2), crosswise(2, 1))
    assert sum(tries.values()) == 3


async def test_a_ring_that_never_ends_is_told_as_a_reason_to_try_later(database: Database) -> None:
    tried = []

    async def operation(unit: UnitOfWork) -> order_pb2.CancelOrderResponse:
        tried.append(unit)
        raise asyncpg.DeadlockDetectedError("deadlock detected")

    with pytest.raises(Unavailable) as refused:
        await Commands(database).run(
            order_pb2.CancelOrderRequest(request_id="1"), order_pb2.CancelOrderResponse, operation
        )
    assert (refused.value.reason, len(tried)) == ("CONTENTION", TRIES)
