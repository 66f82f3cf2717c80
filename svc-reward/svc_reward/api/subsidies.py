"""The gRPC face of handset subsidies: parses, calls a use case, renders; it must not decide anything."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import subsidy_pb2, subsidy_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from svc_reward.api.prize_messages import render_time
from svc_reward.app.create_subsidy import create_subsidy
from svc_reward.app.end_subsidy import end_subsidy
from svc_reward.app.list_subsidies import list_subsidies
from svc_reward.domain.subsidy import Subsidy, SubsidyState

Context = grpc.aio.ServicerContext[Any, Any]

_STATES: Mapping[SubsidyState, subsidy_pb2.SubsidyState.ValueType] = MappingProxyType(
    {
        SubsidyState.RUNNING: subsidy_pb2.SUBSIDY_STATE_RUNNING,
        SubsidyState.FULFILLED: subsidy_pb2.SUBSIDY_STATE_FULFILLED,
        SubsidyState.ENDED_EARLY: subsidy_pb2.SUBSIDY_STATE_ENDED_EARLY,
    }
)


class SubsidyServicer(subsidy_pb2_grpc.SubsidyServiceServicer):
    """Serves carillon.reward.v1.SubsidyService."""

    def __init__(
        self, database: Database, commands: Commands, clock: Clock, *, zone: tzinfo, ids: Callable[[], UUID]
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._zone = zone
        self._ids = ids

    async def CreateSubsidy(  # noqa: N802 -- the name is the protocol's
        self,
        request: subsidy_pb2.CreateSubsidyRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subsidy_pb2.CreateSubsidyResponse:
        """Signs one. Errors: ROLE_MISSING, SUBSIDY_INVALID, SUBSIDY_RUNNING, INSUFFICIENT_FUNDS, ACCOUNT_UNKNOWN."""

        async def operation(unit: UnitOfWork) -> subsidy_pb2.CreateSubsidyResponse:
            subsidy = await create_subsidy(
                unit,
                identity=current_identity(),
                subscriber_id=request.subscriber_id,
                campaign_id=request.campaign_id,
                device=request.device,
                subsidy_fen=request.subsidy_fen,
                monthly_spend_fen=request.monthly_spend_fen,
                months=request.months,
                clock=self._clock,
                zone=self._zone,
                ids=self._ids,
            )
            return subsidy_pb2.CreateSubsidyResponse(subsidy=render_subsidy(subsidy, at=self._clock.now()))

        return await self._commands.run(request, subsidy_pb2.CreateSubsidyResponse, operation)

    async def EndSubsidy(  # noqa: N802 -- the name is the protocol's
        self,
        request: subsidy_pb2.EndSubsidyRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subsidy_pb2.EndSubsidyResponse:
        """Ends one early. Errors: ROLE_MISSING, SUBSIDY_UNKNOWN, SUBSIDY_STATE, SUBSIDY_INVALID."""

        async def operation(unit: UnitOfWork) -> subsidy_pb2.EndSubsidyResponse:
            subsidy = await end_subsidy(
                unit,
                identity=current_identity(),
                subsidy_id=UUID(request.id),
                reason=request.reason,
                clock=self._clock,
                zone=self._zone,
            )
            return subsidy_pb2.EndSubsidyResponse(subsidy=render_subsidy(subsidy, at=self._clock.now()))

        return await self._commands.run(request, subsidy_pb2.EndSubsidyResponse, operation)

    async def ListSubsidies(  # noqa: N802 -- the name is the protocol's
        self,
        request: subsidy_pb2.ListSubsidiesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subsidy_pb2.ListSubsidiesResponse:
        """A subscriber's. Errors: ROLE_MISSING."""
        async with self._database.read() as unit:
            found = await list_subsidies(unit, identity=current_identity(), subscriber_id=request.subscriber_id)
        now = self._clock.now()
        return subsidy_pb2.ListSubsidiesResponse(subsidies=[render_subsidy(subsidy, at=now) for subsidy in found])


def render_subsidy(subsidy: Subsidy, *, at: datetime) -> subsidy_pb2.Subsidy:
    """A subsidy as it stands at that moment."""
    return subsidy_pb2.Subsidy(
        id=str(subsidy.id),
        subscriber_id=subsidy.subscriber_id,
        campaign_id=subsidy.campaign_id,
        device=subsidy.device,
        subsidy_fen=subsidy.subsidy_fen,
        monthly_spend_fen=subsidy.monthly_spend_fen,
        months=subsidy.months,
        starts_at=render_time(subsidy.starts_at),
        ends_at=render_time(subsidy.ends_at),
        state=_STATES[subsidy.state(at)],
        owed_fen=subsidy.owed_fen,
        ended_by=subsidy.ended_by,
        end_reason=subsidy.end_reason,
    )
