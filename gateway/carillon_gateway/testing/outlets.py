"""A stand-in for svc-catalog's outlets; it must not be more than the edge's tests need."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.catalog.v1 import outlet_pb2, outlet_pb2_grpc
from carillon_chassis.errors import Conflict, NotFound
from carillon_chassis.identity import current_identity

RECORDED_AT = Timestamp(seconds=1_795_262_400)


class OutletsStandIn(outlet_pb2_grpc.OutletServiceServicer):
    """Outlets in memory; what a visit says is taken over as it is said."""

    def __init__(self) -> None:
        self._known: dict[str, outlet_pb2.KnownOutlet] = {}
        self._visits: dict[str, list[outlet_pb2.Visit]] = {}

    async def RegisterOutlet(self, request: outlet_pb2.RegisterOutletRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Each code once."""
        outlet = request.outlet
        if outlet.code in self._known:
            raise Conflict(reason="OUTLET_TAKEN", field="code", detail="another outlet has the code")
        outlet.branch = outlet.branch or current_identity().branch
        self._known[outlet.code] = outlet_pb2.KnownOutlet(outlet=outlet)
        return outlet_pb2.RegisterOutletResponse(outlet=self._known[outlet.code])

    async def ChangeOutlet(self, request: outlet_pb2.ChangeOutletRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What may change."""
        known = self._find(request.code)
        known.outlet.name, known.outlet.stage = request.name, request.stage
        known.outlet.key, known.outlet.stars, known.outlet.alliance = request.key, request.stars, request.alliance
        return outlet_pb2.ChangeOutletResponse(outlet=known)

    async def RecordVisit(self, request: outlet_pb2.RecordVisitRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The newest first."""
        known, visit = self._find(request.code), request.visit
        visit.id, visit.recorded_by = f"visit-{len(self._visits)}", current_identity().subject
        visit.recorded_at.CopyFrom(RECORDED_AT)
        self._visits.setdefault(request.code, []).insert(0, visit)
        if visit.HasField("materials"):
            known.materials.CopyFrom(visit.materials)
        known.trained_on = visit.visited_on if visit.trained else known.trained_on
        known.certified_on = visit.visited_on if visit.certification == outlet_pb2.CERTIFICATION_PASSED else ""
        return outlet_pb2.RecordVisitResponse(visit=visit, outlet=known)

    async def ListOutlets(self, request: outlet_pb2.ListOutletsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All, or those of a touch point."""
        found = [known for known in self._known.values() if request.touchpoint in {"", known.outlet.touchpoint}]
        return outlet_pb2.ListOutletsResponse(outlets=found)

    async def ListVisits(self, request: outlet_pb2.ListVisitsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Those of an outlet."""
        self._find(request.code)
        return outlet_pb2.ListVisitsResponse(visits=self._visits.get(request.code, []))

    async def GetCoverage(self, request: outlet_pb2.GetCoverageRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One branch, and what stands of no branch."""
        branches = [
            outlet_pb2.BranchCoverage(branch="", outlets=1),
            outlet_pb2.BranchCoverage(branch="guangzhou", outlets=450, key_outlets=45, key_certified=40, equipped=200),
        ]
        return outlet_pb2.GetCoverageResponse(branches=branches)

    def _find(self, code: str) -> outlet_pb2.KnownOutlet:
        if code not in self._known:
            raise NotFound(reason="OUTLET_UNKNOWN", field="code", detail="there is no such outlet")
        return self._known[code]
