"""Sends what people say to robots to svc-channel together, as much a call as waits; it must not answer any.

A call costs little more for a hundred messages than for one. Who is alone is sent at once; who comes while a call is
out waits for it and goes with all others who came meanwhile. Each caller's messages go under the caller's own name.
"""

import asyncio
from collections import deque
from contextvars import Context

from carillon.channel.v1 import robot_pb2, robot_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import DomainError, LimitExceeded
from carillon_chassis.identity import Identity, acting_as, current_identity
from carillon_chassis.wire_errors import CLASSES

# What svc-channel takes in a call is 200; half of it keeps the wait behind a full one short.
MAX_SAYINGS_A_CALL = 100
# So many calls on their way: a call ends with its slowest answer, and the next writers must not wait for it.
CALLS_AT_ONCE = 16
REFUSALS = {code.value[0]: kind for code, kind in CLASSES.items()}
# Beyond this the callers' patience would end before their turn; they are told to come back.
MAX_WAITING = 10_000
TIMEOUT_SECONDS = 15.0

Waiting = tuple[robot_pb2.RobotSaying, "asyncio.Future[robot_pb2.TakeRobotMessageResponse]"]


class _Queue:
    """Messages of one caller to one robot."""

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self.senders: set[asyncio.Task[None]] = set()


class RobotGathering:
    """Where messages to robots are handed in; one of these a gateway."""

    def __init__(self, stub: "robot_pb2_grpc.RobotServiceStub") -> None:
        self._stub = stub
        self._queues: dict[tuple[Identity, str], _Queue] = {}
        self._waiting = 0

    async def say(self, robot_id: str, saying: robot_pb2.RobotSaying) -> robot_pb2.TakeRobotMessageResponse:
        """The robot's answer. Raises LimitExceeded CROWDED, and what svc-channel refuses it with."""
        if self._waiting >= MAX_WAITING:
            raise LimitExceeded(reason="CROWDED", detail="too many messages wait; try again in a moment")
        place = (current_identity(), robot_id)
        queue = self._queues.setdefault(place, _Queue())
        reply: asyncio.Future[robot_pb2.TakeRobotMessageResponse] = asyncio.get_running_loop().create_future()
        queue.waiting.append((saying, reply))
        self._waiting += 1
        if len(queue.senders) < CALLS_AT_ONCE:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            sender = asyncio.get_running_loop().create_task(self._send(place, queue), context=Context())
            queue.senders.add(sender)
        return await reply

    async def _send(self, place: tuple[Identity, str], queue: _Queue) -> None:
        """Sends what waits until nothing waits."""
        try:
            while queue.waiting:
                await self._send_together(place, queue)
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            queue.senders.discard(asyncio.current_task())
            if not queue.senders and not queue.waiting:
                self._queues.pop(place, None)

    async def _send_together(self, place: tuple[Identity, str], queue: _Queue) -> None:
        taken = [queue.waiting.popleft() for _ in range(min(len(queue.waiting), MAX_SAYINGS_A_CALL))]
        self._waiting -= len(taken)
        identity, robot_id = place
        request = robot_pb2.TakeRobotMessagesRequest(robot_id=robot_id, sayings=[saying for saying, _ in taken])
        try:
            with acting_as(identity):
                answer = await invoke(self._stub.TakeRobotMessages, request, timeout_seconds=TIMEOUT_SECONDS)
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is each caller's answer
            for _, reply in taken:
                if not reply.done():
                    reply.set_exception(error)
            return
        for (_, reply), found in zip(taken, answer.replies, strict=True):
            # A caller who hung up is gone; the answer stands all the same, and a repetition finds it.
            if reply.done():
                continue
            if found.HasField("refusal"):
                reply.set_exception(_refusal(found.refusal))
            else:
                reply.set_result(found)


def _refusal(refusal: robot_pb2.RobotRefusal) -> DomainError:
    """One caller's error: the very one that a call with this message alone would have raised."""
    kind = REFUSALS.get(refusal.code, DomainError)
    return kind(reason=refusal.reason, detail=refusal.detail, field=refusal.field)
