"""The gRPC face of settlement runs: parses, calls a use case, renders; it must not decide anything."""

import uuid
from collections.abc import AsyncIterator, Callable
from datetime import tzinfo
from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import settlement_pb2, settlement_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from svc_reward.api.commission_messages import render_settlement
from svc_reward.app.check_settlement import check_settlement
from svc_reward.app.create_settlement import create_settlement
from svc_reward.app.get_settlement import get_settlement
from svc_reward.app.pay_settlement import pay_settlement
from svc_reward.app.read_settlement_file import read_settlement_file
from svc_reward.domain.settlement import Settlement, SettlementState

Context = grpc.aio.ServicerContext[Any, Any]
# A piece of the file; the protocol's own limit.
PIECE_BYTES = 1024 * 1024


class SettlementServicer(settlement_pb2_grpc.SettlementServiceServicer):
    """Serves carillon.reward.v1.SettlementService."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        *,
        clock: Clock,
        zone: tzinfo,
        ids: Callable[[], uuid.UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._zone = zone
        self._ids = ids

    async def CreateSettlement(  # noqa: N802 -- the name is the protocol's
        self,
        request: settlement_pb2.CreateSettlementRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> settlement_pb2.CreateSettlementResponse:
        """Gathers. Errors: ROLE_MISSING, MONTH_INVALID, SETTLEMENT_EMPTY."""

        async def operation(unit: UnitOfWork) -> settlement_pb2.CreateSettlementResponse:
            settlement = await create_settlement(
                unit,
                identity=current_identity(),
                settlement_id=self._ids(),
                period=request.period,
                minimum_fen=request.minimum_fen,
                at=self._clock.now(),
                zone=self._zone,
            )
            return settlement_pb2.CreateSettlementResponse(settlement=render_settlement(settlement))

        return await self._commands.run(request, settlement_pb2.CreateSettlementResponse, operation)

    async def ApproveSettlement(  # noqa: N802 -- the name is the protocol's
        self,
        request: settlement_pb2.ApproveSettlementRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> settlement_pb2.ApproveSettlementResponse:
        """Approves. Errors: ROLE_MISSING, MAKER_IS_CHECKER, SETTLEMENT_UNKNOWN, SETTLEMENT_STATE."""

        async def operation(unit: UnitOfWork) -> settlement_pb2.ApproveSettlementResponse:
            settlement = await self._check(unit, request.id, SettlementState.APPROVED)
            return settlement_pb2.ApproveSettlementResponse(settlement=render_settlement(settlement))

        return await self._commands.run(request, settlement_pb2.ApproveSettlementResponse, operation)

    async def RejectSettlement(  # noqa: N802 -- the name is the protocol's
        self,
        request: settlement_pb2.RejectSettlementRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> settlement_pb2.RejectSettlementResponse:
        """Rejects. Errors: ROLE_MISSING, MAKER_IS_CHECKER, SETTLEMENT_UNKNOWN, SETTLEMENT_STATE."""

        async def operation(unit: UnitOfWork) -> settlement_pb2.RejectSettlementResponse:
            settlement = await self._check(unit, request.id, SettlementState.REJECTED)
            return settlement_pb2.RejectSettlementResponse(settlement=render_settlement(settlement))

        return await self._commands.run(request, settlement_pb2.RejectSettlementResponse, operation)

    async def PaySettlement(  # noqa: N802 -- the name is the protocol's
        self,
        request: settlement_pb2.PaySettlementRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> settlement_pb2.PaySettlementResponse:
        """Books the bank's payment. Errors: ROLE_MISSING, SETTLEMENT_UNKNOWN, SETTLEMENT_STATE."""

        async def operation(unit: UnitOfWork) -> settlement_pb2.PaySettlementResponse:
            settlement = await pay_settlement(
                unit, identity=current_identity(), settlement_id=UUID(request.id), clock=self._clock
            )
            return settlement_pb2.PaySettlementResponse(settlement=render_settlement(settlement))

        return await self._commands.run(request, settlement_pb2.PaySettlementResponse, operation)

    async def GetSettlement(  # noqa: N802 -- the name is the protocol's
        self,
        request: settlement_pb2.GetSettlementRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> settlement_pb2.GetSettlementResponse:
        """Shows. Errors: ROLE_MISSING, SETTLEMENT_UNKNOWN."""
        async with self._database.read() as unit:
            settlement = await get_settlement(unit, identity=current_identity(), settlement_id=UUID(request.id))
        return settlement_pb2.GetSettlementResponse(settlement=render_settlement(settlement))

    async def StreamSettlementFile(  # noqa: N802 -- the name is the protocol's
        self,
        request: settlement_pb2.StreamSettlementFileRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[settlement_pb2.StreamSettlementFileResponse]:
        """The pay-out file in pieces. Errors: ROLE_MISSING, SETTLEMENT_UNKNOWN, SETTLEMENT_STATE, FILE_CHANGED."""
        async with self._database.read() as unit:
            content = await read_settlement_file(unit, identity=current_identity(), settlement_id=UUID(request.id))
        for start in range(0, len(content), PIECE_BYTES):
            yield settlement_pb2.StreamSettlementFileResponse(piece=content[start : start + PIECE_BYTES])

    async def _check(self, unit: UnitOfWork, settlement_id: str, verdict: SettlementState) -> Settlement:
        return await check_settlement(
            unit,
            identity=current_identity(),
            settlement_id=UUID(settlement_id),
            verdict=verdict,
            clock=self._clock,
        )
