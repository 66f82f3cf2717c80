"""Serves ClassificationService: parses, calls a use case, renders; it must not classify."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from carillon.segment.v1 import classification_pb2, classification_pb2_grpc
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
from svc_segment.api.classification_messages import (
    parse_classification,
    render_classification,
    render_monthly_run,
    render_run,
    render_subscriber_class,
)
from svc_segment.app.change_classification import change_classification
from svc_segment.app.classify_subscriber import ClassifySubscriber
from svc_segment.app.read_class_list import find_class_list
from svc_segment.app.run_classes import class_run_not_found, request_classes
from svc_segment.store.class_lists import ListFolder
from svc_segment.store.classifications import find_class_run, read_classifications
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.monthly_runs import list_monthly_runs

Context = grpc.aio.ServicerContext[Any, Any]
# A message may hold four megabytes.
PIECE_BYTES = 1_048_576
# Two years of three kinds of work.
MONTHLY_RUNS_SHOWN = 72


class ClassificationServicer(classification_pb2_grpc.ClassificationServiceServicer):
    """Classifications over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        engine: Engine,
        folder: DataFolder,
        lists: ListFolder,
        clock: Clock,
        zone: ZoneInfo,
        new_id: Callable[[], uuid.UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._lists = lists
        self._clock = clock
        self._new_id = new_id
        self._classify = ClassifySubscriber(database, engine, folder, clock.now, zone)

    async def ListClassifications(  # noqa: N802 -- the name is the protocol's
        self,
        request: classification_pb2.ListClassificationsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> classification_pb2.ListClassificationsResponse:
        """Shows every classification as it stands."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            standing = await read_classifications(unit)
        return classification_pb2.ListClassificationsResponse(
            classifications=[render_classification(one) for one in standing.values()]
        )

    async def PutClassification(  # noqa: N802 -- the name is the protocol's
        self,
        request: classification_pb2.PutClassificationRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> classification_pb2.PutClassificationResponse:
        """Gives a classification other steps."""
        caller = require_caller(*LIBRARY_ROLES)
        said = parse_classification(request.classification)

        async def operation(unit: UnitOfWork) -> classification_pb2.PutClassificationResponse:
            changed = await change_classification(unit, said, by=caller.subject, now=self._clock.now())
            return classification_pb2.PutClassificationResponse(classification=render_classification(changed))

        return await self._commands.run(request, classification_pb2.PutClassificationResponse, operation)

    async def RequestClasses(  # noqa: N802 -- the name is the protocol's
        self,
        request: classification_pb2.RequestClassesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> classification_pb2.RequestClassesResponse:
        """Books a run over everyone."""
        caller = require_caller(*LIBRARY_ROLES)

        async def operation(unit: UnitOfWork) -> classification_pb2.RequestClassesResponse:
            run = await request_classes(
                unit,
                run_id=self._new_id(),
                code=request.code,
                month=request.month,
                by=caller.subject,
                now=self._clock.now(),
            )
            return classification_pb2.RequestClassesResponse(run=render_run(run))

        return await self._commands.run(request, classification_pb2.RequestClassesResponse, operation)

    async def GetClasses(  # noqa: N802 -- the name is the protocol's
        self,
        request: classification_pb2.GetClassesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> classification_pb2.GetClassesResponse:
        """Shows a run and its counts."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            run = await find_class_run(unit, uuid.UUID(request.id))
        if run is None:
            raise class_run_not_found(uuid.UUID(request.id))
        return classification_pb2.GetClassesResponse(run=render_run(run))

    async def ListMonthlyRuns(  # noqa: N802 -- the name is the protocol's
        self,
        request: classification_pb2.ListMonthlyRunsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> classification_pb2.ListMonthlyRunsResponse:
        """Shows what the clock asked for or waits for."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            runs = await list_monthly_runs(unit, MONTHLY_RUNS_SHOWN)
        return classification_pb2.ListMonthlyRunsResponse(runs=[render_monthly_run(run) for run in runs])

    async def ClassifySubscriber(  # noqa: N802 -- the name is the protocol's
        self,
        request: classification_pb2.ClassifySubscriberRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> classification_pb2.ClassifySubscriberResponse:
        """Says one subscriber's classes."""
        require_caller(*PROFILE_ROLES)
        return classification_pb2.ClassifySubscriberResponse(
            classes=[render_subscriber_class(one) for one in await self._classify(request.subscriber_id)]
        )

    async def ReadClassList(  # noqa: N802 -- the name is the protocol's
        self,
        request: classification_pb2.ReadClassListRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[classification_pb2.ReadClassListResponse]:
        """Streams one list of a city."""
        caller = require_caller(*LIST_ROLES)
        branch = branch_scope(caller, request.branch)
        async with self._database.read() as unit:
            path = await find_class_list(
                unit, self._lists, uuid.UUID(request.run_id), result=request.result, branch=branch
            )
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield classification_pb2.ReadClassListResponse(piece=piece)
