"""A stand-in for svc-reward's reports and fulfilment that answers from memory; no more than the edge's tests need."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

from carillon.reward.v1 import fulfilment_pb2, fulfilment_pb2_grpc
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import current_identity
from carillon_gateway.testing.catalogue import PLACED_AT

REPORT_FILE = b"report_id,campaign,stage\r\n"
REPORTED, VERIFIED = fulfilment_pb2.FULFILMENT_STATE_REPORTED, fulfilment_pb2.FULFILMENT_STATE_VERIFIED


class FulfilmentsStandIn(fulfilment_pb2_grpc.FulfilmentServiceServicer):
    """Reports with one item each, of the city of Guangzhou and the subscriber 7."""

    def __init__(self) -> None:
        self.issued: list[fulfilment_pb2.IssueReportRequest] = []
        self.mailed: list[fulfilment_pb2.IssueMailingRequest] = []
        self._reports: dict[str, fulfilment_pb2.RewardReport] = {}
        self._items: dict[str, fulfilment_pb2.Fulfilment] = {}

    async def IssueReport(self, request: fulfilment_pb2.IssueReportRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A report with one item."""
        self.issued.append(request)
        report = fulfilment_pb2.RewardReport(
            id=str(uuid.uuid4()),
            campaign=request.campaign,
            stage=request.stage,
            state=fulfilment_pb2.REWARD_REPORT_STATE_ISSUED,
            items=1,
            file_sha256="0" * 64,
            issued_by=current_identity().subject,
            issued_at=PLACED_AT,
            grants=[fulfilment_pb2.GrantTotal(currency="seeds", first_entry=1, last_entry=3, transfers=2, amount=500)],
        )
        item = fulfilment_pb2.Fulfilment(
            id=str(uuid.uuid4()),
            report_id=report.id,
            source="draw:d:1",
            kind=fulfilment_pb2.FULFILMENT_KIND_GIFT,
            subscriber_id=7,
            prize="phone",
            name="手机",
            quantity=1,
            city="guangzhou",
            state=REPORTED,
            attempt=1,
            reported_by=report.issued_by,
            changed_at=PLACED_AT,
        )
        total = fulfilment_pb2.StateTotal(state=REPORTED, items=1, quantity=1)
        prize = fulfilment_pb2.PrizeTotal(prize="phone", name="手机", kind=item.kind, states=[total])
        report.cities.append(fulfilment_pb2.CityTotal(city="guangzhou", prizes=[prize], states=[total]))
        self._reports[report.id], self._items[item.id] = report, item
        return fulfilment_pb2.IssueReportResponse(report=report)

    async def GetReport(self, request: fulfilment_pb2.GetReportRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        return fulfilment_pb2.GetReportResponse(report=self._report(request.id))

    async def ListReports(self, request: fulfilment_pb2.ListReportsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Those of the campaign."""
        if request.HasField("city") and request.city != "guangzhou":
            raise PermissionRefused(reason="BRANCH_FOREIGN", field="city", detail="a branch sees its own city alone")
        reports = [report for report in self._reports.values() if report.campaign == request.campaign]
        return fulfilment_pb2.ListReportsResponse(reports=reports)

    async def StreamReportFile(  # noqa: N802 -- gRPC's name
        self,
        request: fulfilment_pb2.StreamReportFileRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[fulfilment_pb2.StreamReportFileResponse]:
        """In two pieces."""
        self._report(request.id)
        for piece in (REPORT_FILE[:5], REPORT_FILE[5:]):
            yield fulfilment_pb2.StreamReportFileResponse(piece=piece)

    async def ListFulfilments(self, request: fulfilment_pb2.ListFulfilmentsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Those of the report, in that state."""
        self._report(request.report_id)
        items = [
            item
            for item in self._items.values()
            if item.report_id == request.report_id and request.state in {0, item.state}
        ]
        return fulfilment_pb2.ListFulfilmentsResponse(fulfilments=items)

    async def GetFulfilment(self, request: fulfilment_pb2.GetFulfilmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """With its first step."""
        item = self._item(request.id)
        step = fulfilment_pb2.FulfilmentStep(step="report", state=REPORTED, by=item.reported_by, at=PLACED_AT)
        return fulfilment_pb2.GetFulfilmentResponse(fulfilment=item, steps=[step])

    async def VerifyFulfilment(self, request: fulfilment_pb2.VerifyFulfilmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """By another person."""
        item = self._move(request.id, REPORTED, VERIFIED)
        item.verified_by = current_identity().subject
        return fulfilment_pb2.VerifyFulfilmentResponse(fulfilment=item)

    async def CompleteFulfilment(self, request: fulfilment_pb2.CompleteFulfilmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What is verified."""
        item = self._move(request.id, VERIFIED, fulfilment_pb2.FULFILMENT_STATE_COMPLETED)
        item.reference = request.reference
        return fulfilment_pb2.CompleteFulfilmentResponse(fulfilment=item)

    async def IssueMailing(self, request: fulfilment_pb2.IssueMailingRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A report that nobody looks at."""
        self.mailed.append(request)
        report = fulfilment_pb2.RewardReport(
            id=str(uuid.uuid4()),
            campaign=request.campaign,
            stage=request.stage,
            state=fulfilment_pb2.REWARD_REPORT_STATE_PLACING,
            items=len(request.subscriber_ids),
            issued_at=PLACED_AT,
        )
        return fulfilment_pb2.IssueMailingResponse(report=report)

    async def VerifyCity(self, request: fulfilment_pb2.VerifyCityRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of the report."""
        self._report(request.report_id)
        items = [item for item in self._items.values() if item.report_id == request.report_id]
        for item in items:
            item.state = VERIFIED
        return fulfilment_pb2.VerifyCityResponse(verified=len(items))

    async def CompleteCity(self, request: fulfilment_pb2.CompleteCityRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of the report."""
        self._report(request.report_id)
        items = [item for item in self._items.values() if item.report_id == request.report_id]
        for item in items:
            item.state, item.reference = fulfilment_pb2.FULFILMENT_STATE_COMPLETED, request.reference
        return fulfilment_pb2.CompleteCityResponse(completed=len(items), more=True)

    async def FailFulfilment(self, request: fulfilment_pb2.FailFulfilmentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What is reported."""
        item = self._move(request.id, REPORTED, fulfilment_pb2.FULFILMENT_STATE_FAILED)
        item.reason = request.reason
        return fulfilment_pb2.FailFulfilmentResponse(fulfilment=item)

    async def ReportFulfilmentAgain(self, request: fulfilment_pb2.ReportFulfilmentAgainRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What has failed."""
        item = self._move(request.id, fulfilment_pb2.FULFILMENT_STATE_FAILED, REPORTED)
        item.city, item.attempt = request.city, 2
        return fulfilment_pb2.ReportFulfilmentAgainResponse(fulfilment=item)

    def _report(self, report_id: str) -> fulfilment_pb2.RewardReport:
        if report_id not in self._reports:
            raise NotFound(reason="REPORT_UNKNOWN", field="id", detail="there is no such report")
        return self._reports[report_id]

    def _item(self, item_id: str) -> fulfilment_pb2.Fulfilment:
        if item_id not in self._items:
            raise NotFound(reason="FULFILMENT_UNKNOWN", field="id", detail="there is no such item")
        return self._items[item_id]

    def _move(
        self,
        item_id: str,
        before: fulfilment_pb2.FulfilmentState.ValueType,
        after: fulfilment_pb2.FulfilmentState.ValueType,
    ) -> fulfilment_pb2.Fulfilment:
        item = self._item(item_id)
        if item.state != before:
            raise StateRefused(reason="FULFILMENT_STATE", field="id", detail="not now")
        item.state = after
        return item
