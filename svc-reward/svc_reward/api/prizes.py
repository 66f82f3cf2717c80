"""The gRPC face of prizes and their shop: parses, calls a use case, renders; it must not decide anything."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import prize_pb2, prize_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.api.prize_messages import TIERS, parse_prize, render_prize, render_redemption
from svc_reward.app.add_stock import add_stock
from svc_reward.app.create_prize import create_prize
from svc_reward.app.end_redemption import cancel_redemption, fulfil_redemption
from svc_reward.app.get_prize import get_prize
from svc_reward.app.get_redemption import require_redemption
from svc_reward.app.list_prizes import list_prizes
from svc_reward.app.redeem_prize import redeem_prize
from svc_reward.domain.stock import Stock

Context = grpc.aio.ServicerContext[Any, Any]


class PrizeServicer(prize_pb2_grpc.PrizeServiceServicer):
    """Serves carillon.reward.v1.PrizeService."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        clock: Clock,
        *,
        ids: Callable[[], UUID],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._ids = ids
        self._random_bytes = random_bytes

    async def CreatePrize(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.CreatePrizeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.CreatePrizeResponse:
        """Puts a prize into the catalogue. Errors: PRIZE_EXISTS, PRIZE_INVALID, CURRENCY_UNKNOWN."""
        prize, stock = parse_prize(request.prize), Stock(total=request.stock)

        async def operation(unit: UnitOfWork) -> prize_pb2.CreatePrizeResponse:
            await create_prize(unit, prize, stock, clock=self._clock)
            return prize_pb2.CreatePrizeResponse(prize=render_prize(prize, stock))

        return await self._commands.run(request, prize_pb2.CreatePrizeResponse, operation)

    async def GetPrize(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.GetPrizeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.GetPrizeResponse:
        """One prize with its stock. Errors: PRIZE_UNKNOWN."""
        async with self._database.read() as unit:
            return prize_pb2.GetPrizeResponse(prize=render_prize(*await get_prize(unit, request.code)))

    async def ListPrizes(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.ListPrizesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.ListPrizesResponse:
        """The catalogue, a page at a time. Errors: PAGE_TOKEN_INVALID."""
        async with self._database.read() as unit:
            page, token = await list_prizes(unit, page_size=request.page_size, page_token=request.page_token)
        return prize_pb2.ListPrizesResponse(prizes=[render_prize(*one) for one in page], next_page_token=token)

    async def AddStock(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.AddStockRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.AddStockResponse:
        """More of a prize. Errors: PRIZE_UNKNOWN, STOCK_INVALID."""

        async def operation(unit: UnitOfWork) -> prize_pb2.AddStockResponse:
            return prize_pb2.AddStockResponse(
                prize=render_prize(*await add_stock(unit, request.code, request.quantity))
            )

        return await self._commands.run(request, prize_pb2.AddStockResponse, operation)

    async def Redeem(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.RedeemRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.RedeemResponse:
        """Points for a prize. Errors: PRIZE_UNKNOWN, PRIZE_NOT_VALID, MEMBERSHIP_REQUIRED, OUT_OF_STOCK, INSUFFICIENT_POINTS."""

        async def operation(unit: UnitOfWork) -> prize_pb2.RedeemResponse:
            redemption = await redeem_prize(
                unit,
                subscriber_id=request.subscriber_id,
                code=request.prize,
                quantity=request.quantity,
                tier=TIERS[request.tier],
                clock=self._clock,
                ids=self._ids,
                random_bytes=self._random_bytes,
            )
            return prize_pb2.RedeemResponse(redemption=render_redemption(redemption))

        return await self._commands.run(request, prize_pb2.RedeemResponse, operation)

    async def GetRedemption(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.GetRedemptionRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.GetRedemptionResponse:
        """One redemption. Errors: REDEMPTION_UNKNOWN."""
        async with self._database.read() as unit:
            redemption = await require_redemption(unit, UUID(request.id))
        return prize_pb2.GetRedemptionResponse(redemption=render_redemption(redemption))

    async def CancelRedemption(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.CancelRedemptionRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.CancelRedemptionResponse:
        """Points and stock back. Errors: REDEMPTION_UNKNOWN, REDEMPTION_STATE, VOUCHER_REDEEMED, VOUCHER_EXPIRED."""

        async def operation(unit: UnitOfWork) -> prize_pb2.CancelRedemptionResponse:
            redemption = await cancel_redemption(unit, UUID(request.id), clock=self._clock)
            return prize_pb2.CancelRedemptionResponse(redemption=render_redemption(redemption))

        return await self._commands.run(request, prize_pb2.CancelRedemptionResponse, operation)

    async def FulfilRedemption(  # noqa: N802 -- the name is the protocol's
        self,
        request: prize_pb2.FulfilRedemptionRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> prize_pb2.FulfilRedemptionResponse:
        """Handed over. Errors: REDEMPTION_UNKNOWN, REDEMPTION_STATE."""

        async def operation(unit: UnitOfWork) -> prize_pb2.FulfilRedemptionResponse:
            redemption = await fulfil_redemption(unit, UUID(request.id), clock=self._clock)
            return prize_pb2.FulfilRedemptionResponse(redemption=render_redemption(redemption))

        return await self._commands.run(request, prize_pb2.FulfilRedemptionResponse, operation)
