"""Sends the entries of a crowd to svc-reward together, as many a call as wait; it must not decide any.

A call costs the same for one entry as for a hundred. Who is alone is sent at once; who comes while a call is out waits
for it and goes with all others who came meanwhile.
"""

import asyncio
from collections import deque
from contextvars import Context

from carillon.reward.v1 import sale_pb2, sale_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import LimitExceeded
from carillon_chassis.identity import Identity, acting_as

# What svc-reward takes in a call is 1,000; a tenth keeps the wait behind a full one short.
MAX_ATTEMPTS_A_CALL = 100
# Two calls on their way: while svc-reward answers one, the next is being gathered.
CALLS_AT_ONCE = 2
# Beyond this the callers' patience would end before their turn; they are told to come back.
MAX_WAITING = 20_000
CALLER = Identity(subject="gateway:entries")

Waiting = tuple[sale_pb2.Attempt, "asyncio.Future[sale_pb2.ClaimOutcome]"]


class ClaimGathering:
    """Where entries are handed in; one of these a gateway."""

    def __init__(self, stub: "sale_pb2_grpc.SaleServiceStub") -> None:
        self._stub = stub
        self._waiting: deque[Waiting] = deque()
        self._senders: set[asyncio.Task[None]] = set()

    async def claim(self, attempt: sale_pb2.Attempt) -> sale_pb2.ClaimOutcome:
        """What became of the attempt. Raises LimitExceeded CROWDED, and what svc-reward refuses the call with."""
        if len(self._waiting) >= MAX_WAITING:
            raise LimitExceeded(reason="CROWDED", detail="too many are at the door; try again in a moment")
        outcome: asyncio.Future[sale_pb2.ClaimOutcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((attempt, outcome))
        if len(self._senders) < CALLS_AT_ONCE:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            sender = asyncio.get_running_loop().create_task(self._send(), context=Context())
            self._senders.add(sender)
        return await outcome

    async def _send(self) -> None:
        """Sends what waits until nothing waits."""
        try:
            while self._waiting:
                await self._send_together()
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            self._senders.discard(asyncio.current_task())

    async def _send_together(self) -> None:
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_ATTEMPTS_A_CALL))]
        request = sale_pb2.ClaimRequest(attempts=[attempt for attempt, _ in taken])
        try:
            with acting_as(CALLER):
                answer = await invoke(self._stub.Claim, request)
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is each caller's answer
            for _, outcome in taken:
                if not outcome.done():
                    outcome.set_exception(error)
            return
        for (_, outcome), found in zip(taken, answer.outcomes, strict=True):
            # A caller who hung up is gone; the claim stands all the same, and a repetition finds it.
            if not outcome.done():
                outcome.set_result(found)
