"""Serves OutletService: parses, calls a use case, renders; it must not hold rules."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc

from carillon.catalog.v1 import outlet_pb2, outlet_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_catalog.api.days import operators_day, parse_day
from svc_catalog.api.rendering import render_time
from svc_catalog.app.keep_outlets import change_outlet, record_visit, register_outlet
from svc_catalog.app.read_outlets import cover_outlets, list_outlets, list_visits
from svc_catalog.domain.outlet import KnownOutlet, Materials, Outlet, Stage, Visit

Context = grpc.aio.ServicerContext[Any, Any]

STAGES = {
    outlet_pb2.OUTLET_STAGE_UNSPECIFIED: Stage.PUBLICITY,
    outlet_pb2.OUTLET_STAGE_PUBLICITY: Stage.PUBLICITY,
    outlet_pb2.OUTLET_STAGE_DIRECT_SALES: Stage.DIRECT_SALES,
}
STAGE_VALUES = {stage: value for value, stage in STAGES.items()}
RESULTS = {
    outlet_pb2.CERTIFICATION_UNSPECIFIED: None,
    outlet_pb2.CERTIFICATION_PASSED: True,
    outlet_pb2.CERTIFICATION_FAILED: False,
}
RESULT_VALUES = {result: value for value, result in RESULTS.items()}


class OutletServicer(outlet_pb2_grpc.OutletServiceServicer):
    """Outlets, visits and coverage over gRPC."""

    def __init__(self, *, database: Database, commands: Commands, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._new_id = new_id

    async def RegisterOutlet(  # noqa: N802 -- the name is the protocol's
        self,
        request: outlet_pb2.RegisterOutletRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> outlet_pb2.RegisterOutletResponse:
        """Registers an outlet."""

        async def operation(unit: UnitOfWork) -> outlet_pb2.RegisterOutletResponse:
            known = await register_outlet(
                unit, _parse_outlet(request.outlet), identity=current_identity(), now=self._clock.now()
            )
            return outlet_pb2.RegisterOutletResponse(outlet=_render_known(known))

        return await self._commands.run(request, outlet_pb2.RegisterOutletResponse, operation)

    async def ChangeOutlet(  # noqa: N802 -- the name is the protocol's
        self,
        request: outlet_pb2.ChangeOutletRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> outlet_pb2.ChangeOutletResponse:
        """Changes what is known of an outlet."""

        async def operation(unit: UnitOfWork) -> outlet_pb2.ChangeOutletResponse:
            known = await change_outlet(
                unit,
                request.code,
                identity=current_identity(),
                name=request.name,
                key=request.key,
                stars=request.stars,
                alliance=request.alliance,
                stage=STAGES[request.stage],
                now=self._clock.now(),
            )
            return outlet_pb2.ChangeOutletResponse(outlet=_render_known(known))

        return await self._commands.run(request, outlet_pb2.ChangeOutletResponse, operation)

    async def RecordVisit(  # noqa: N802 -- the name is the protocol's
        self,
        request: outlet_pb2.RecordVisitRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> outlet_pb2.RecordVisitResponse:
        """Books a visit."""

        async def operation(unit: UnitOfWork) -> outlet_pb2.RecordVisitResponse:
            now = self._clock.now()
            identity = current_identity()
            message = request.visit
            visit = Visit(
                id=self._new_id(),
                outlet=request.code,
                visited_on=parse_day(message.visited_on, reason="VISIT_INVALID", field="visited_on"),
                supervisor=message.supervisor,
                trained=message.trained,
                passed=RESULTS[message.certification],
                materials=_parse_materials(message.materials) if message.HasField("materials") else None,
                note=message.note,
                recorded_by=identity.subject,
                recorded_at=now,
            )
            known = await record_visit(unit, visit, identity=identity, today=operators_day(now))
            return outlet_pb2.RecordVisitResponse(visit=_render_visit(visit), outlet=_render_known(known))

        return await self._commands.run(request, outlet_pb2.RecordVisitResponse, operation)

    async def ListOutlets(  # noqa: N802 -- the name is the protocol's
        self,
        request: outlet_pb2.ListOutletsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> outlet_pb2.ListOutletsResponse:
        """Gives a page of outlets."""
        keys = decode_token(request.page_token)
        async with self._database.read() as unit:
            found, more = await list_outlets(
                unit,
                identity=current_identity(),
                branch=request.branch,
                touchpoint=request.touchpoint,
                key_only=request.key_only,
                after=str(keys[0]) if keys else "",
                limit=request.page_size or DEFAULT_PAGE_SIZE,
            )
        return outlet_pb2.ListOutletsResponse(
            outlets=[_render_known(known) for known in found],
            next_page_token=encode_token(found[-1].outlet.code) if more else "",
        )

    async def ListVisits(  # noqa: N802 -- the name is the protocol's
        self,
        request: outlet_pb2.ListVisitsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> outlet_pb2.ListVisitsResponse:
        """Gives the visits of an outlet."""
        async with self._database.read() as unit:
            visits = await list_visits(unit, request.code, identity=current_identity())
        return outlet_pb2.ListVisitsResponse(visits=[_render_visit(visit) for visit in visits])

    async def GetCoverage(  # noqa: N802 -- the name is the protocol's
        self,
        request: outlet_pb2.GetCoverageRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> outlet_pb2.GetCoverageResponse:
        """Gives the counts by branch."""
        async with self._database.read() as unit:
            branches = await cover_outlets(unit, identity=current_identity(), branch=request.branch)
        return outlet_pb2.GetCoverageResponse(
            branches=[
                outlet_pb2.BranchCoverage(
                    branch=one.branch,
                    outlets=one.outlets,
                    key_outlets=one.key_outlets,
                    key_trained=one.key_trained,
                    key_certified=one.key_certified,
                    with_product_cards=one.with_product_cards,
                    with_publicity=one.with_publicity,
                    equipped=one.equipped,
                )
                for one in branches
            ]
        )


def _parse_outlet(message: outlet_pb2.Outlet) -> Outlet:
    return Outlet(
        code=message.code,
        name=message.name,
        branch=message.branch,
        touchpoint=message.touchpoint,
        key=message.key,
        stars=message.stars,
        alliance=message.alliance,
        stage=STAGES[message.stage],
    )


def _parse_materials(message: outlet_pb2.Materials) -> Materials:
    return Materials(product_cards=message.product_cards, publicity=message.publicity)


def _render_known(known: KnownOutlet) -> outlet_pb2.KnownOutlet:
    outlet = known.outlet
    return outlet_pb2.KnownOutlet(
        outlet=outlet_pb2.Outlet(
            code=outlet.code,
            name=outlet.name,
            branch=outlet.branch,
            touchpoint=outlet.touchpoint,
            key=outlet.key,
            stars=outlet.stars,
            alliance=outlet.alliance,
            stage=STAGE_VALUES[outlet.stage],
        ),
        materials=_render_materials(known.materials),
        trained_on=known.trained_on.isoformat() if known.trained_on else "",
        certified_on=known.certified_on.isoformat() if known.certified_on else "",
    )


def _render_materials(materials: Materials | None) -> outlet_pb2.Materials | None:
    if materials is None:
        return None
    return outlet_pb2.Materials(product_cards=materials.product_cards, publicity=materials.publicity)


def _render_visit(visit: Visit) -> outlet_pb2.Visit:
    return outlet_pb2.Visit(
        id=str(visit.id),
        visited_on=visit.visited_on.isoformat(),
        supervisor=visit.supervisor,
        trained=visit.trained,
        certification=RESULT_VALUES[visit.passed],
        materials=_render_materials(visit.materials),
        note=visit.note,
        recorded_at=render_time(visit.recorded_at),
        recorded_by=visit.recorded_by,
    )
