"""The gRPC face of holds: parses, calls a use case, renders; it must not decide anything."""

from datetime import UTC
from typing import Any, cast

import grpc

from carillon.reward.v1 import hold_pb2, hold_pb2_grpc, ledger_pb2
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.api.access import AUDIT_ROLES, BOOKING_ROLES, require_service_or
from svc_reward.api.messages import KIND_NUMBERS, parse_account
from svc_reward.app.capture_hold import capture_hold
from svc_reward.app.get_hold import get_hold
from svc_reward.app.reserve_hold import reserve_hold
from svc_reward.app.void_hold import void_hold
from svc_reward.domain.hold import Hold
from svc_reward.domain.own_ids import require_foreign

Context = grpc.aio.ServicerContext[Any, Any]


class HoldServicer(hold_pb2_grpc.HoldServiceServicer):
    """Serves carillon.reward.v1.HoldService."""

    def __init__(self, database: Database, commands: Commands, clock: Clock) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock

    async def ReserveHold(  # noqa: N802 -- the name is the protocol's
        self,
        request: hold_pb2.ReserveHoldRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> hold_pb2.ReserveHoldResponse:
        """Promises an amount. Errors: ROLE_MISSING, INSUFFICIENT_FUNDS, ACCOUNT_UNKNOWN, HOLD_CONFLICT, HOLD_INVALID, ID_RESERVED."""
        require_service_or(*BOOKING_ROLES)
        require_foreign(request.hold_id, field="hold_id")
        hold = Hold(
            id=request.hold_id,
            account=parse_account(request.account),
            amount=request.amount,
            made_at=self._clock.now(),
            expires_at=request.expires_at.ToDatetime(tzinfo=UTC),
        )
        async with self._database.unit_of_work() as unit:
            return hold_pb2.ReserveHoldResponse(hold=render_hold(await reserve_hold(unit, hold)))

    async def CaptureHold(  # noqa: N802 -- the name is the protocol's
        self,
        request: hold_pb2.CaptureHoldRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> hold_pb2.CaptureHoldResponse:
        """Spends what was held. Errors: ROLE_MISSING, HOLD_UNKNOWN, HOLD_STATE, HOLD_EXPIRED, HOLD_EXCEEDED."""
        require_service_or(*BOOKING_ROLES)
        target = parse_account(request.target)

        async def operation(unit: UnitOfWork) -> hold_pb2.CaptureHoldResponse:
            hold = await capture_hold(
                unit,
                hold_id=request.hold_id,
                amount=request.amount,
                final=request.final,
                target=target,
                reason=request.reason,
                clock=self._clock,
            )
            return hold_pb2.CaptureHoldResponse(hold=render_hold(hold))

        return await self._commands.run(request, hold_pb2.CaptureHoldResponse, operation)

    async def VoidHold(  # noqa: N802 -- the name is the protocol's
        self,
        request: hold_pb2.VoidHoldRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> hold_pb2.VoidHoldResponse:
        """Gives back what is left. Errors: ROLE_MISSING, HOLD_UNKNOWN, HOLD_STATE."""
        require_service_or(*BOOKING_ROLES)

        async def operation(unit: UnitOfWork) -> hold_pb2.VoidHoldResponse:
            return hold_pb2.VoidHoldResponse(hold=render_hold(await void_hold(unit, request.hold_id)))

        return await self._commands.run(request, hold_pb2.VoidHoldResponse, operation)

    async def GetHold(  # noqa: N802 -- the name is the protocol's
        self,
        request: hold_pb2.GetHoldRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> hold_pb2.GetHoldResponse:
        """Shows one hold. Errors: ROLE_MISSING, HOLD_UNKNOWN."""
        require_service_or(*AUDIT_ROLES)
        async with self._database.read() as unit:
            return hold_pb2.GetHoldResponse(hold=render_hold(await get_hold(unit, request.hold_id)))


def render_hold(hold: Hold) -> hold_pb2.Hold:
    """The hold as the protocol has it."""
    message = hold_pb2.Hold(
        hold_id=hold.id,
        account=ledger_pb2.AccountName(
            kind=cast("ledger_pb2.AccountKind.ValueType", KIND_NUMBERS[hold.account.kind]),
            owner=hold.account.owner,
            currency=hold.account.currency,
        ),
        amount=hold.amount,
        captured=hold.captured,
        remaining=hold.remaining,
        state=hold_pb2.HoldState.Value(f"HOLD_STATE_{hold.state.upper()}"),
    )
    message.expires_at.FromDatetime(hold.expires_at)
    return message
