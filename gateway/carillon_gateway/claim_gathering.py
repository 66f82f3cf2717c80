"""Sends the entries of a crowd to svc-reward together; it must not decide any."""

from collections.abc import Sequence

from carillon.reward.v1 import sale_pb2, sale_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.gathering import Gathering
from carillon_chassis.identity import Identity, acting_as

# What svc-reward takes in a call is 1,000; a tenth keeps the wait behind a full one short.
MAX_ATTEMPTS_A_CALL = 100
# Two calls on their way: while svc-reward answers one, the next is being gathered.
CALLS_AT_ONCE = 2
# Beyond this the callers' patience would end before their turn; they are told to come back.
MAX_WAITING = 20_000
CALLER = Identity(subject="gateway:entries")


class ClaimGathering:
    """Where entries are handed in; one of these a gateway."""

    def __init__(self, stub: "sale_pb2_grpc.SaleServiceStub") -> None:
        self._stub = stub
        self._gathering: Gathering[Identity, sale_pb2.Attempt, sale_pb2.ClaimOutcome] = Gathering(
            self._send, a_call=MAX_ATTEMPTS_A_CALL, calls_at_once=CALLS_AT_ONCE, most_waiting=MAX_WAITING
        )

    async def claim(self, attempt: sale_pb2.Attempt) -> sale_pb2.ClaimOutcome:
        """What became of the attempt. Raises LimitExceeded CROWDED, and what svc-reward refuses the call with."""
        return await self._gathering.ask(CALLER, attempt)

    async def _send(self, caller: Identity, attempts: list[sale_pb2.Attempt]) -> Sequence[sale_pb2.ClaimOutcome]:
        with acting_as(caller):
            answer = await invoke(self._stub.Claim, sale_pb2.ClaimRequest(attempts=attempts))
        return answer.outcomes
