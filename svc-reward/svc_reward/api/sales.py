"""The gRPC face of flash sales: parses, calls a use case, renders; it must not decide anything."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import sale_pb2, sale_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.api.prize_messages import render_stock
from svc_reward.api.sale_messages import parse_attempts, parse_sale, render_claim, render_outcomes, render_sale
from svc_reward.app.claim_queue import ClaimQueue
from svc_reward.app.create_sale import create_sale
from svc_reward.app.end_claim import pay_claim, release_claim
from svc_reward.app.get_sale import get_sale, require_claim
from svc_reward.domain.stock import Stock

Context = grpc.aio.ServicerContext[Any, Any]


class SaleServicer(sale_pb2_grpc.SaleServiceServicer):
    """Serves carillon.reward.v1.SaleService."""

    def __init__(
        self, database: Database, commands: Commands, queue: ClaimQueue, clock: Clock, *, ids: Callable[[], UUID]
    ) -> None:
        self._database = database
        self._commands = commands
        self._queue = queue
        self._clock = clock
        self._ids = ids

    async def CreateSale(  # noqa: N802 -- the name is the protocol's
        self,
        request: sale_pb2.CreateSaleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> sale_pb2.CreateSaleResponse:
        """Announces a sale. Errors: SALE_INVALID, CURRENCY_UNKNOWN."""
        sale, stock = parse_sale(request.sale, sale_id=self._ids()), Stock(total=request.stock)

        async def operation(unit: UnitOfWork) -> sale_pb2.CreateSaleResponse:
            await create_sale(unit, sale, stock, clock=self._clock)
            return sale_pb2.CreateSaleResponse(id=str(sale.id), sale=render_sale(sale), stock=render_stock(stock))

        return await self._commands.run(request, sale_pb2.CreateSaleResponse, operation)

    async def GetSale(  # noqa: N802 -- the name is the protocol's
        self,
        request: sale_pb2.GetSaleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> sale_pb2.GetSaleResponse:
        """A sale and its stock. Errors: SALE_UNKNOWN."""
        async with self._database.read() as unit:
            sale, stock = await get_sale(unit, UUID(request.id))
        return sale_pb2.GetSaleResponse(id=str(sale.id), sale=render_sale(sale), stock=render_stock(stock))

    async def Claim(  # noqa: N802 -- the name is the protocol's
        self,
        request: sale_pb2.ClaimRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> sale_pb2.ClaimResponse:
        """Decides attempts, each with an outcome of its own. Errors: SALE_BUSY."""
        return render_outcomes(await self._queue.claim(parse_attempts(request.attempts)))

    async def GetClaim(  # noqa: N802 -- the name is the protocol's
        self,
        request: sale_pb2.GetClaimRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> sale_pb2.GetClaimResponse:
        """One claim. Errors: CLAIM_UNKNOWN."""
        async with self._database.read() as unit:
            claim = await require_claim(unit, UUID(request.id))
        return sale_pb2.GetClaimResponse(claim=render_claim(claim))

    async def Pay(  # noqa: N802 -- the name is the protocol's
        self,
        request: sale_pb2.PayRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> sale_pb2.PayResponse:
        """Pays a claim for good. Errors: CLAIM_UNKNOWN, CLAIM_STATE, CLAIM_LAPSED, INSUFFICIENT_POINTS, REFERENCE_MISSING."""

        async def operation(unit: UnitOfWork) -> sale_pb2.PayResponse:
            claim = await pay_claim(unit, UUID(request.claim_id), reference=request.reference, clock=self._clock)
            return sale_pb2.PayResponse(claim=render_claim(claim))

        return await self._commands.run(request, sale_pb2.PayResponse, operation)

    async def Release(  # noqa: N802 -- the name is the protocol's
        self,
        request: sale_pb2.ReleaseRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> sale_pb2.ReleaseResponse:
        """Gives an unpaid claim back. Errors: CLAIM_UNKNOWN, CLAIM_STATE."""

        async def operation(unit: UnitOfWork) -> sale_pb2.ReleaseResponse:
            return sale_pb2.ReleaseResponse(
                claim=render_claim(await release_claim(unit, UUID(request.claim_id), clock=self._clock))
            )

        return await self._commands.run(request, sale_pb2.ReleaseResponse, operation)
