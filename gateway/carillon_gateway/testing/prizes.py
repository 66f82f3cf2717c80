"""A stand-in for svc-reward's shop that answers from memory; it must not be more than the edge's tests need."""

import uuid
from typing import Any

from carillon.reward.v1 import prize_pb2, prize_pb2_grpc
from carillon_chassis.errors import Conflict, NotFound, StateRefused
from carillon_gateway.testing.catalogue import PLACED_AT

# What the one subscriber has to spend.
POINTS = 100


class PrizesStandIn(prize_pb2_grpc.PrizeServiceServicer):
    """Prizes without stock-keeping, for a subscriber with a hundred points."""

    def __init__(self) -> None:
        self._prizes: dict[str, prize_pb2.PrizeInStock] = {}
        self._redemptions: dict[str, prize_pb2.Redemption] = {}

    async def CreatePrize(self, request: prize_pb2.CreatePrizeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        if request.prize.code in self._prizes:
            raise Conflict(reason="PRIZE_EXISTS", field="code", detail="it is in the catalogue")
        prize = prize_pb2.PrizeInStock(prize=request.prize, stock=prize_pb2.Stock(total=request.stock))
        self._prizes[request.prize.code] = prize
        return prize_pb2.CreatePrizeResponse(prize=prize)

    async def GetPrize(self, request: prize_pb2.GetPrizeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        return prize_pb2.GetPrizeResponse(prize=self._prize(request.code))

    async def ListPrizes(self, request: prize_pb2.ListPrizesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All on one page."""
        return prize_pb2.ListPrizesResponse(prizes=self._prizes.values())

    async def AddStock(self, request: prize_pb2.AddStockRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """More of one."""
        prize = self._prize(request.code)
        prize.stock.total += request.quantity
        return prize_pb2.AddStockResponse(prize=prize)

    async def Redeem(self, request: prize_pb2.RedeemRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Books it, whoever the subscriber is, if the tier and the points allow."""
        prize = self._prize(request.prize, field="prize").prize
        points = prize.price * request.quantity
        if request.tier < prize.lowest_tier:
            raise StateRefused(reason="MEMBERSHIP_REQUIRED", field="prize", detail="for members")
        if points > POINTS:
            raise StateRefused(reason="INSUFFICIENT_POINTS", field="quantity", detail="too few points")
        redemption = prize_pb2.Redemption(
            id=str(uuid.uuid4()),
            subscriber_id=request.subscriber_id,
            prize=request.prize,
            quantity=request.quantity,
            currency=prize.currency,
            points=points,
            state=prize_pb2.REDEMPTION_STATE_BOOKED,
            booked_at=PLACED_AT,
        )
        self._redemptions[redemption.id] = redemption
        return prize_pb2.RedeemResponse(redemption=redemption)

    async def GetRedemption(self, request: prize_pb2.GetRedemptionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        return prize_pb2.GetRedemptionResponse(redemption=self._redemption(request.id))

    async def CancelRedemption(self, request: prize_pb2.CancelRedemptionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        redemption = self._end(request.id, prize_pb2.REDEMPTION_STATE_CANCELLED)
        return prize_pb2.CancelRedemptionResponse(redemption=redemption)

    async def FulfilRedemption(self, request: prize_pb2.FulfilRedemptionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        redemption = self._end(request.id, prize_pb2.REDEMPTION_STATE_FULFILLED)
        return prize_pb2.FulfilRedemptionResponse(redemption=redemption)

    def _prize(self, code: str, *, field: str = "code") -> prize_pb2.PrizeInStock:
        if code not in self._prizes:
            raise NotFound(reason="PRIZE_UNKNOWN", field=field, detail="there is no such prize")
        return self._prizes[code]

    def _redemption(self, redemption_id: str) -> prize_pb2.Redemption:
        if redemption_id not in self._redemptions:
            raise NotFound(reason="REDEMPTION_UNKNOWN", field="id", detail="there is no such redemption")
        return self._redemptions[redemption_id]

    def _end(self, redemption_id: str, state: prize_pb2.RedemptionState.ValueType) -> prize_pb2.Redemption:
        redemption = self._redemption(redemption_id)
        if redemption.state != prize_pb2.REDEMPTION_STATE_BOOKED:
            raise StateRefused(reason="REDEMPTION_STATE", field="id", detail="it has ended")
        redemption.state = state
        redemption.ended_at.CopyFrom(PLACED_AT)
        return redemption
