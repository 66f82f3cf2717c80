"""Sends what people say to robots to svc-channel together, each caller's under the caller's own name; it must not answer any."""

from carillon.channel.v1 import robot_pb2, robot_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import DomainError
from carillon_chassis.gathering import Gathering
from carillon_chassis.identity import Identity, acting_as, current_identity
from carillon_chassis.wire_errors import CLASSES

# What svc-channel takes in a call is 200; half of it keeps the wait behind a full one short.
MAX_SAYINGS_A_CALL = 100
# So many calls on their way: a call ends with its slowest answer, and the next writers must not wait for it.
CALLS_AT_ONCE = 16
# Beyond this the callers' patience would end before their turn; they are told to come back.
MAX_WAITING = 10_000
TIMEOUT_SECONDS = 15.0
REFUSALS = {code.value[0]: kind for code, kind in CLASSES.items()}

# Who says it, and to which robot.
Place = tuple[Identity, str]


class RobotGathering:
    """Where messages to robots are handed in; one of these a gateway."""

    def __init__(self, stub: "robot_pb2_grpc.RobotServiceStub") -> None:
        self._stub = stub
        self._gathering: Gathering[Place, robot_pb2.RobotSaying, robot_pb2.TakeRobotMessageResponse] = Gathering(
            self._send, a_call=MAX_SAYINGS_A_CALL, calls_at_once=CALLS_AT_ONCE, most_waiting=MAX_WAITING
        )

    async def say(self, robot_id: str, saying: robot_pb2.RobotSaying) -> robot_pb2.TakeRobotMessageResponse:
        """The robot's answer. Raises LimitExceeded CROWDED, and what svc-channel refuses it with."""
        return await self._gathering.ask((current_identity(), robot_id), saying)

    async def _send(
        self, place: Place, sayings: list[robot_pb2.RobotSaying]
    ) -> list[robot_pb2.TakeRobotMessageResponse | DomainError]:
        identity, robot_id = place
        request = robot_pb2.TakeRobotMessagesRequest(robot_id=robot_id, sayings=sayings)
        with acting_as(identity):
            answer = await invoke(self._stub.TakeRobotMessages, request, timeout_seconds=TIMEOUT_SECONDS)
        return [_refusal(one.refusal) if one.HasField("refusal") else one for one in answer.replies]


def _refusal(refusal: robot_pb2.RobotRefusal) -> DomainError:
    """One caller's error: the very one that a call with this message alone would have raised."""
    kind = REFUSALS.get(refusal.code, DomainError)
    return kind(reason=refusal.reason, detail=refusal.detail, field=refusal.field)
