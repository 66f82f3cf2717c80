"""Serves SubscriberService: parses, calls a use case, renders; it must not hold rules."""

from typing import Any

import grpc

from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_segment.api.rendering import parse_day, render_value
from svc_segment.app.end_life import end_life
from svc_segment.app.get_subscriber import get_subscriber
from svc_segment.app.load_subscribers import TellEnded
from svc_segment.app.look_up_branches import look_up_branches
from svc_segment.app.resolve_numbers import look_up_numbers, resolve_numbers
from svc_segment.domain.attributes import Dimension
from svc_segment.store.engine import Engine
from svc_segment.store.membership_cache import MembershipCache

Context = grpc.aio.ServicerContext[Any, Any]


class SubscriberServicer(subscriber_pb2_grpc.SubscriberServiceServicer):
    """Subscribers over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        engine: Engine,
        cache: MembershipCache,
        commands: Commands,
        clock: Clock,
        tell_ended: TellEnded,
    ) -> None:
        self._database = database
        self._engine = engine
        self._cache = cache
        self._commands = commands
        self._clock = clock
        self._tell_ended = tell_ended

    async def ResolveNumbers(  # noqa: N802 -- the name is the protocol's
        self,
        request: subscriber_pb2.ResolveNumbersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subscriber_pb2.ResolveNumbersResponse:
        """Gives subscriber ids by number."""
        async with self._database.read() as unit:
            found = await resolve_numbers(unit, request.msisdns)
        entries = [subscriber_pb2.NumberEntry(msisdn=msisdn, subscriber_id=one) for msisdn, one in found.items()]
        return subscriber_pb2.ResolveNumbersResponse(entries=entries)

    async def LookUpNumbers(  # noqa: N802 -- the name is the protocol's
        self,
        request: subscriber_pb2.LookUpNumbersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subscriber_pb2.LookUpNumbersResponse:
        """Gives numbers by subscriber id."""
        async with self._database.read() as unit:
            found = await look_up_numbers(unit, request.subscriber_ids)
        entries = [subscriber_pb2.NumberEntry(msisdn=msisdn, subscriber_id=one) for one, msisdn in found.items()]
        return subscriber_pb2.LookUpNumbersResponse(entries=entries)

    async def LookUpBranches(  # noqa: N802 -- the name is the protocol's
        self,
        request: subscriber_pb2.LookUpBranchesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subscriber_pb2.LookUpBranchesResponse:
        """Gives branches by subscriber id."""
        found = await look_up_branches(self._database, self._engine, request.subscriber_ids)
        entries = [subscriber_pb2.BranchEntry(subscriber_id=one, branch=branch) for one, branch in found.items()]
        return subscriber_pb2.LookUpBranchesResponse(entries=entries)

    async def GetSubscriber(  # noqa: N802 -- the name is the protocol's
        self,
        request: subscriber_pb2.GetSubscriberRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subscriber_pb2.GetSubscriberResponse:
        """Shows one subscriber."""
        view = await get_subscriber(self._database, self._engine, self._cache, request.subscriber_id)
        return subscriber_pb2.GetSubscriberResponse(
            subscriber_id=request.subscriber_id,
            attributes=[
                render_value(name, value, view.dimensions.get(name, Dimension.NONE))
                for name, value in view.attributes.items()
            ],
            segment_ids=[str(segment_id) for segment_id in view.segment_ids],
            as_of=view.as_of.isoformat(),
        )

    async def EndLife(  # noqa: N802 -- the name is the protocol's
        self,
        request: subscriber_pb2.EndLifeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> subscriber_pb2.EndLifeResponse:
        """Closes the ordinal of a number's holder; the fact is told in the same transaction."""

        async def operation(unit: UnitOfWork) -> subscriber_pb2.EndLifeResponse:
            ended = await end_life(
                unit,
                self._tell_ended,
                msisdn=request.msisdn,
                ended_on=parse_day(request.ended_on, "ended_on"),
                today=self._clock.now().date(),
            )
            return subscriber_pb2.EndLifeResponse(subscriber_id=ended)

        return await self._commands.run(request, subscriber_pb2.EndLifeResponse, operation)
