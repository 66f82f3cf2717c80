"""The gRPC face of gifts among friends: parses, calls the use case, renders; it must not decide anything."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import gift_pb2, gift_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import current_identity
from svc_reward.api.prize_messages import render_time
from svc_reward.app.give_gift import give_gift

Context = grpc.aio.ServicerContext[Any, Any]


class GiftServicer(gift_pb2_grpc.GiftServiceServicer):
    """Serves carillon.reward.v1.GiftService."""

    def __init__(self, commands: Commands, clock: Clock, *, zone: tzinfo, ids: Callable[[], UUID]) -> None:
        self._commands = commands
        self._clock = clock
        self._zone = zone
        self._ids = ids

    async def GiveGift(  # noqa: N802 -- the name is the protocol's
        self,
        request: gift_pb2.GiveGiftRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> gift_pb2.GiveGiftResponse:
        """Books it. Errors: ROLE_MISSING, GIFT_INVALID, GIFT_LIMIT, INSUFFICIENT_POINTS."""

        async def operation(unit: UnitOfWork) -> gift_pb2.GiveGiftResponse:
            gift = await give_gift(
                unit,
                identity=current_identity(),
                giver_id=request.giver_id,
                friend_id=request.friend_id,
                currency=request.currency,
                amount=request.amount,
                clock=self._clock,
                zone=self._zone,
                ids=self._ids,
            )
            return gift_pb2.GiveGiftResponse(
                gift=gift_pb2.Gift(
                    id=str(gift.id),
                    giver_id=gift.giver_id,
                    friend_id=gift.friend_id,
                    currency=gift.currency,
                    amount=gift.amount,
                    given_at=render_time(gift.given_at),
                )
            )

        return await self._commands.run(request, gift_pb2.GiveGiftResponse, operation)
