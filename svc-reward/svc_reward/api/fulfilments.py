"""The gRPC face of reward reports and fulfilment: parses, calls a use case, renders; it must not decide anything."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import fulfilment_pb2, fulfilment_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.api.fulfilment_messages import STATES, parse_scope, render_item, render_report, render_view
from svc_reward.api.page_keys import parse_id_key
from svc_reward.app.complete_fulfilment import complete_fulfilment
from svc_reward.app.fail_fulfilment import fail_fulfilment, report_fulfilment_again
from svc_reward.app.get_fulfilment import get_fulfilment, list_fulfilments
from svc_reward.app.get_reward_report import get_reward_report, list_reward_reports, read_report_file
from svc_reward.app.hand_over_city import MAX_ITEMS, complete_city, verify_city
from svc_reward.app.issue_report import issue_mailing, issue_report
from svc_reward.app.verify_fulfilment import verify_fulfilment
from svc_reward.domain.mailing import Mailing

Context = grpc.aio.ServicerContext[Any, Any]
# A piece of the file; the protocol's own limit.
PIECE_BYTES = 1024 * 1024


class FulfilmentServicer(fulfilment_pb2_grpc.FulfilmentServiceServicer):
    """Serves carillon.reward.v1.FulfilmentService; who may do what its use cases say.

    ``ask_city`` and ``can_recharge`` say whether svc-segment is asked for cities, and whether a recharge is set up.
    """

    def __init__(
        self,
        database: Database,
        commands: Commands,
        clock: Clock,
        *,
        ids: Callable[[], UUID],
        ask_city: bool,
        can_recharge: bool,
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._ids = ids
        self._ask_city = ask_city
        self._can_recharge = can_recharge

    async def IssueReport(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.IssueReportRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.IssueReportResponse:
        """Gathers, once a stage. Errors: ROLE_MISSING, REPORT_DIFFERS, CREDIT_UNKNOWN, REPORTS_TOO_MANY."""
        scope = parse_scope(request)

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.IssueReportResponse:
            identity = current_identity()
            report = await issue_report(
                unit, scope, identity=identity, at=self._clock.now(), ids=self._ids, ask_city=self._ask_city
            )
            view = await get_reward_report(unit, report.id, city=None, identity=identity)
            return fulfilment_pb2.IssueReportResponse(report=render_report(view))

        return await self._commands.run(request, fulfilment_pb2.IssueReportResponse, operation)

    async def IssueMailing(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.IssueMailingRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.IssueMailingResponse:
        """An item a recipient, once a stage. Errors: ROLE_MISSING, MAILING_INVALID, REPORT_DIFFERS."""
        mailing = Mailing(code=request.code, name=request.name, recipients=frozenset(request.subscriber_ids))
        scope = mailing.scope(campaign=request.campaign, stage=request.stage)

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.IssueMailingResponse:
            identity, at = current_identity(), self._clock.now()
            report = await issue_mailing(
                unit, mailing, scope, identity=identity, at=at, ids=self._ids, ask_city=self._ask_city
            )
            view = await get_reward_report(unit, report.id, city=None, identity=identity)
            return fulfilment_pb2.IssueMailingResponse(report=render_report(view))

        return await self._commands.run(request, fulfilment_pb2.IssueMailingResponse, operation)

    async def GetReport(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.GetReportRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.GetReportResponse:
        """One report. Errors: ROLE_MISSING, BRANCH_FOREIGN, REPORT_UNKNOWN."""
        city = request.city if request.HasField("city") else None
        async with self._database.read() as unit:
            view = await get_reward_report(unit, UUID(request.id), city=city, identity=current_identity())
        return fulfilment_pb2.GetReportResponse(report=render_report(view))

    async def ListReports(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.ListReportsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.ListReportsResponse:
        """A campaign's reports. Errors: ROLE_MISSING, BRANCH_FOREIGN."""
        city = request.city if request.HasField("city") else None
        async with self._database.read() as unit:
            views = await list_reward_reports(unit, campaign=request.campaign, city=city, identity=current_identity())
        return fulfilment_pb2.ListReportsResponse(reports=[render_report(view) for view in views])

    async def StreamReportFile(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.StreamReportFileRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[fulfilment_pb2.StreamReportFileResponse]:
        """The file in pieces. Errors: ROLE_MISSING, BRANCH_FOREIGN, REPORT_UNKNOWN, REPORT_STATE, FILE_CHANGED."""
        city = request.city if request.HasField("city") else None
        async with self._database.read() as unit:
            content = await read_report_file(unit, UUID(request.id), city=city, identity=current_identity())
        for start in range(0, len(content), PIECE_BYTES):
            yield fulfilment_pb2.StreamReportFileResponse(piece=content[start : start + PIECE_BYTES])

    async def ListFulfilments(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.ListFulfilmentsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.ListFulfilmentsResponse:
        """A page of a report's items. Errors: ROLE_MISSING, BRANCH_FOREIGN, REPORT_UNKNOWN, PAGE_TOKEN_INVALID."""
        size = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_id_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            items = await list_fulfilments(
                unit,
                UUID(request.report_id),
                city=request.city if request.HasField("city") else None,
                state=STATES.get(request.state),
                after=after,
                limit=size + 1,
                identity=current_identity(),
            )
        page = items[:size]
        return fulfilment_pb2.ListFulfilmentsResponse(
            fulfilments=[render_item(item) for item in page],
            next_page_token=encode_token(str(page[-1].id)) if len(items) > size else "",
        )

    async def GetFulfilment(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.GetFulfilmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.GetFulfilmentResponse:
        """One item. Errors: ROLE_MISSING, FULFILMENT_UNKNOWN."""
        async with self._database.read() as unit:
            view = await get_fulfilment(
                unit, UUID(request.id), identity=current_identity(), can_recharge=self._can_recharge
            )
        return render_view(view)

    async def VerifyFulfilment(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.VerifyFulfilmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.VerifyFulfilmentResponse:
        """The city has looked at it. Errors: CITY_FOREIGN, MAKER_IS_CHECKER, FULFILMENT_STATE."""

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.VerifyFulfilmentResponse:
            item = await verify_fulfilment(
                unit,
                UUID(request.id),
                identity=current_identity(),
                clock=self._clock,
            )
            return fulfilment_pb2.VerifyFulfilmentResponse(fulfilment=render_item(item))

        return await self._commands.run(request, fulfilment_pb2.VerifyFulfilmentResponse, operation)

    async def CompleteFulfilment(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.CompleteFulfilmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.CompleteFulfilmentResponse:
        """Hands over, or orders the recharge. Errors: CITY_FOREIGN, FULFILMENT_STATE, REFERENCE_MISSING, ..."""

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.CompleteFulfilmentResponse:
            item = await complete_fulfilment(
                unit,
                UUID(request.id),
                reference=request.reference,
                can_recharge=self._can_recharge,
                identity=current_identity(),
                clock=self._clock,
            )
            return fulfilment_pb2.CompleteFulfilmentResponse(fulfilment=render_item(item))

        return await self._commands.run(request, fulfilment_pb2.CompleteFulfilmentResponse, operation)

    async def FailFulfilment(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.FailFulfilmentRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.FailFulfilmentResponse:
        """The city can't. Errors: CITY_FOREIGN, CITY_UNKNOWN, FULFILMENT_STATE, REASON_MISSING."""

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.FailFulfilmentResponse:
            item = await fail_fulfilment(
                unit,
                UUID(request.id),
                reason=request.reason,
                identity=current_identity(),
                clock=self._clock,
            )
            return fulfilment_pb2.FailFulfilmentResponse(fulfilment=render_item(item))

        return await self._commands.run(request, fulfilment_pb2.FailFulfilmentResponse, operation)

    async def ReportFulfilmentAgain(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.ReportFulfilmentAgainRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.ReportFulfilmentAgainResponse:
        """The province has corrected it. Errors: ROLE_MISSING, REPORT_FINAL, FULFILMENT_STATE."""

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.ReportFulfilmentAgainResponse:
            item = await report_fulfilment_again(
                unit,
                UUID(request.id),
                city=request.city,
                note=request.note,
                identity=current_identity(),
                clock=self._clock,
            )
            return fulfilment_pb2.ReportFulfilmentAgainResponse(fulfilment=render_item(item))

        return await self._commands.run(request, fulfilment_pb2.ReportFulfilmentAgainResponse, operation)

    async def VerifyCity(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.VerifyCityRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.VerifyCityResponse:
        """All of the caller's city. Errors: ROLE_MISSING, REPORT_UNKNOWN."""
        prize = request.prize if request.HasField("prize") else None

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.VerifyCityResponse:
            count = await verify_city(
                unit, UUID(request.report_id), prize=prize, identity=current_identity(), clock=self._clock
            )
            return fulfilment_pb2.VerifyCityResponse(verified=count, more=count == MAX_ITEMS)

        return await self._commands.run(request, fulfilment_pb2.VerifyCityResponse, operation)

    async def CompleteCity(  # noqa: N802 -- the name is the protocol's
        self,
        request: fulfilment_pb2.CompleteCityRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> fulfilment_pb2.CompleteCityResponse:
        """All of a prize in the caller's city. Errors: ROLE_MISSING, REPORT_UNKNOWN, REFERENCE_MISSING."""

        async def operation(unit: UnitOfWork) -> fulfilment_pb2.CompleteCityResponse:
            count = await complete_city(
                unit,
                UUID(request.report_id),
                prize=request.prize,
                reference=request.reference,
                identity=current_identity(),
                clock=self._clock,
            )
            return fulfilment_pb2.CompleteCityResponse(completed=count, more=count == MAX_ITEMS)

        return await self._commands.run(request, fulfilment_pb2.CompleteCityResponse, operation)
