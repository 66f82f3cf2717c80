"""Serves MatchService: parses, calls a use case, renders; it must not match."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from carillon.segment.v1 import match_pb2, match_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_segment.api.access import (
    LIBRARY_ROLES,
    LIST_ROLES,
    PROFILE_ROLES,
    READING_ROLES,
    branch_scope,
    require_caller,
)
from svc_segment.api.match_messages import (
    parse_rule,
    parse_service,
    render_match,
    render_reason,
    render_rule,
    render_service,
)
from svc_segment.app.change_match_library import create_match_rule, end_match_rule, put_matched_service
from svc_segment.app.explain_match import ExplainMatch
from svc_segment.app.extract_match import Cut, extract_match
from svc_segment.app.get_match import get_match
from svc_segment.app.load_match_library import load_match_library
from svc_segment.app.request_match import request_match
from svc_segment.store.engine import Engine
from svc_segment.store.match_library import read_library
from svc_segment.store.reference import shipped_library

Context = grpc.aio.ServicerContext[Any, Any]


class MatchServicer(match_pb2_grpc.MatchServiceServicer):
    """The library and its matches over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        engine: Engine,
        clock: Clock,
        zone: ZoneInfo,
        new_id: Callable[[], uuid.UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._engine = engine
        self._clock = clock
        self._zone = zone
        self._new_id = new_id
        self._explain = ExplainMatch(database, engine)

    async def PutMatchedService(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.PutMatchedServiceRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.PutMatchedServiceResponse:
        """Adds or changes a service of the library."""
        caller = require_caller(*LIBRARY_ROLES)
        service = parse_service(request.service)

        async def operation(unit: UnitOfWork) -> match_pb2.PutMatchedServiceResponse:
            await put_matched_service(unit, service, by=caller.subject, now=self._clock.now())
            return match_pb2.PutMatchedServiceResponse(service=render_service(service))

        return await self._commands.run(request, match_pb2.PutMatchedServiceResponse, operation)

    async def CreateMatchRule(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.CreateMatchRuleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.CreateMatchRuleResponse:
        """Adds a rule to the library."""
        caller = require_caller(*LIBRARY_ROLES)
        rule = parse_rule(request.rule)

        async def operation(unit: UnitOfWork) -> match_pb2.CreateMatchRuleResponse:
            await create_match_rule(unit, rule, rule_id=self._new_id(), by=caller.subject, now=self._clock.now())
            return match_pb2.CreateMatchRuleResponse(rule=render_rule(rule))

        return await self._commands.run(request, match_pb2.CreateMatchRuleResponse, operation)

    async def EndMatchRule(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.EndMatchRuleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.EndMatchRuleResponse:
        """Ends a rule."""
        caller = require_caller(*LIBRARY_ROLES)

        async def operation(unit: UnitOfWork) -> match_pb2.EndMatchRuleResponse:
            await end_match_rule(unit, request.code, by=caller.subject, now=self._clock.now())
            return match_pb2.EndMatchRuleResponse()

        return await self._commands.run(request, match_pb2.EndMatchRuleResponse, operation)

    async def GetMatchLibrary(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.GetMatchLibraryRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.GetMatchLibraryResponse:
        """Shows the library as it stands."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            library = await read_library(unit)
        return match_pb2.GetMatchLibraryResponse(
            services=[render_service(service) for service in library.services.values()],
            rules=[render_rule(rule) for rule in library.by_rank()],
        )

    async def LoadMatchLibrary(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.LoadMatchLibraryRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.LoadMatchLibraryResponse:
        """Adds what the shipped library has and this one has not."""
        caller = require_caller(*LIBRARY_ROLES)

        async def operation(unit: UnitOfWork) -> match_pb2.LoadMatchLibraryResponse:
            loaded = await load_match_library(
                unit, shipped_library(), new_id=self._new_id, by=caller.subject, now=self._clock.now()
            )
            return match_pb2.LoadMatchLibraryResponse(
                services=loaded.services, rules=loaded.rules, left_out=loaded.left_out
            )

        return await self._commands.run(request, match_pb2.LoadMatchLibraryResponse, operation)

    async def RequestMatch(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.RequestMatchRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.RequestMatchResponse:
        """Books a match of everyone."""
        caller = require_caller(*LIBRARY_ROLES)
        now = self._clock.now()
        month = request.month or now.astimezone(self._zone).strftime("%Y-%m")

        async def operation(unit: UnitOfWork) -> match_pb2.RequestMatchResponse:
            run = await request_match(unit, run_id=self._new_id(), month=month, by=caller.subject, now=now)
            return match_pb2.RequestMatchResponse(match=render_match(run))

        return await self._commands.run(request, match_pb2.RequestMatchResponse, operation)

    async def GetMatch(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.GetMatchRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.GetMatchResponse:
        """Shows a match and how far it is."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            run, counts = await get_match(unit, uuid.UUID(request.id))
        return match_pb2.GetMatchResponse(match=render_match(run, counts))

    async def ExplainMatch(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.ExplainMatchRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> match_pb2.ExplainMatchResponse:
        """Explains one subscriber's match."""
        require_caller(*PROFILE_ROLES)
        run, reasons = await self._explain(request.subscriber_id)
        return match_pb2.ExplainMatchResponse(
            match_id=str(run.id),
            month=run.month,
            as_of=run.as_of.isoformat() if run.as_of else "",
            reasons=[render_reason(reason) for reason in reasons],
        )

    async def ExtractMatch(  # noqa: N802 -- the name is the protocol's
        self,
        request: match_pb2.ExtractMatchRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[match_pb2.ExtractMatchResponse]:
        """Streams a list for a channel."""
        caller = require_caller(*LIST_ROLES)
        cut = Cut(rule=request.rule, channel=request.channel, branch=branch_scope(caller, request.branch))
        pieces = extract_match(
            self._database,
            self._engine,
            uuid.UUID(request.id),
            cut,
            with_numbers=request.with_msisdn,
            today=self._clock.now().astimezone(self._zone).date(),
        )
        async for piece in pieces:
            yield match_pb2.ExtractMatchResponse(piece=piece)
