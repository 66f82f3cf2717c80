"""Serves MembershipService: parses, calls a use case, renders; it must not hold rules."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from carillon.segment.v1 import membership_pb2, membership_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_segment.api.access import (
    EXPORTING_ROLES,
    MAKING_ROLES,
    PROFILE_ROLES,
    READING_ROLES,
    branch_scope,
    require_caller,
)
from svc_segment.api.handset_messages import parse_wish, render_models, render_sized
from svc_segment.api.segment_rendering import render_rebuild
from svc_segment.app.begin_rebuild import begin_rebuild, get_rebuild
from svc_segment.app.count_grid import count_grid
from svc_segment.app.count_overlap import count_overlap
from svc_segment.app.export_members import Export, export_members
from svc_segment.app.list_memberships import list_memberships
from svc_segment.app.rank_handsets import rank_handsets
from svc_segment.app.size_handsets import size_handsets
from svc_segment.domain.export import Exporter, ExportFormat
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.membership_cache import MembershipCache
from svc_segment.store.reference import shipped_handset_plan

Context = grpc.aio.ServicerContext[Any, Any]
FORMATS = {
    int(membership_pb2.EXPORT_FORMAT_CSV): ExportFormat.CSV,
    int(membership_pb2.EXPORT_FORMAT_PARQUET): ExportFormat.PARQUET,
}


class MembershipServicer(membership_pb2_grpc.MembershipServiceServicer):
    """Questions of memberships over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        engine: Engine,
        folder: DataFolder,
        cache: MembershipCache,
        clock: Clock,
        new_id: Callable[[], uuid.UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._engine = engine
        self._folder = folder
        self._cache = cache
        self._clock = clock
        self._new_id = new_id

    async def CountOverlap(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.CountOverlapRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> membership_pb2.CountOverlapResponse:
        """Counts shared members of all pairs."""
        require_caller(*READING_ROLES)
        segment_ids = [uuid.UUID(segment_id) for segment_id in request.segment_ids]
        rows = await count_overlap(self._database, self._cache, segment_ids, now=self._clock.now())
        return membership_pb2.CountOverlapResponse(
            rows=[
                membership_pb2.OverlapRow(
                    segment_id=str(row.segment.id),
                    name=row.segment.name,
                    version=row.segment.version,
                    as_of=row.segment.as_of.isoformat(),
                    stale=bool(row.segment.stale),
                    shared=row.shared,
                )
                for row in rows
            ]
        )

    async def CountGrid(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.CountGridRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> membership_pb2.CountGridResponse:
        """Counts the cells of a grid."""
        require_caller(*READING_ROLES)
        counted = await count_grid(
            self._database,
            self._engine,
            self._folder,
            keep=request.filter,
            rows=request.rows,
            columns=request.columns,
            now=self._clock.now(),
        )
        grid = counted.grid
        return membership_pb2.CountGridResponse(
            rows=[
                membership_pb2.GridRow(cells=cells, total=total)
                for cells, total in zip(grid.cells, grid.row_totals, strict=True)
            ],
            column_totals=grid.column_totals,
            total=grid.total,
            filtered=grid.filtered,
            as_of=counted.as_of.isoformat(),
            took_ms=counted.took_ms,
        )

    async def SizeHandsets(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.SizeHandsetsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> membership_pb2.SizeHandsetsResponse:
        """Sizes a handset subsidy, a branch its own."""
        branch = branch_scope(require_caller(*MAKING_ROLES), request.branch)
        plan, now = shipped_handset_plan(), self._clock.now()
        wish = parse_wish(request, plan)
        sized = await size_handsets(self._database, self._engine, self._folder, plan, wish, branch=branch, now=now)
        return render_sized(wish, sized)

    async def RankHandsets(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.RankHandsetsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> membership_pb2.RankHandsetsResponse:
        """Ranks the models that a subsidy may offer, a branch by its own subscribers."""
        branch = branch_scope(require_caller(*MAKING_ROLES), request.branch)
        return render_models(await rank_handsets(self._database, self._engine, shipped_handset_plan(), branch=branch))

    async def ListMemberships(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.ListMembershipsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> membership_pb2.ListMembershipsResponse:
        """Lists the segments of one subscriber."""
        require_caller(*PROFILE_ROLES)
        memberships = await list_memberships(self._database, self._cache, request.subscriber_id)
        return membership_pb2.ListMembershipsResponse(
            memberships=[
                membership_pb2.Membership(
                    segment_id=str(one.segment_id),
                    name=one.name,
                    version=one.version,
                    as_of=one.as_of.isoformat(),
                )
                for one in memberships
            ]
        )

    async def ExportMembers(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.ExportMembersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[membership_pb2.ExportMembersResponse]:
        """Gives the members as a file in pieces."""
        caller = require_caller(*EXPORTING_ROLES)
        export = Export(
            id=self._new_id(),
            segment_id=uuid.UUID(request.segment_id),
            version=request.segment_version or None,
            format=FORMATS[int(request.format)],
            attributes=tuple(request.attributes),
            with_msisdn=request.with_msisdn,
        )
        exporter = Exporter(subject=caller.subject, roles=caller.roles, branch=caller.branch)
        pieces = export_members(self._database, self._engine, export, exporter, now=self._clock.now())
        async for piece in pieces:
            yield membership_pb2.ExportMembersResponse(piece=piece)

    async def RebuildSegments(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.RebuildSegmentsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> membership_pb2.RebuildSegmentsResponse:
        """Begins a rebuild."""
        require_caller(*MAKING_ROLES)

        async def operation(unit: UnitOfWork) -> membership_pb2.RebuildSegmentsResponse:
            rebuild = await begin_rebuild(unit, self._new_id(), now=self._clock.now())
            return membership_pb2.RebuildSegmentsResponse(rebuild=render_rebuild(rebuild))

        return await self._commands.run(request, membership_pb2.RebuildSegmentsResponse, operation)

    async def GetRebuild(  # noqa: N802 -- the name is the protocol's
        self,
        request: membership_pb2.GetRebuildRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> membership_pb2.GetRebuildResponse:
        """Shows how far a rebuild is."""
        require_caller(*READING_ROLES)
        async with self._database.read() as unit:
            rebuild = await get_rebuild(unit, uuid.UUID(request.id))
        return membership_pb2.GetRebuildResponse(rebuild=render_rebuild(rebuild))
