"""Classifications, their runs and lists over HTTP; svc-segment classifies."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from carillon.segment.v1 import classification_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_gateway.http.file_streams import file_response
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.classifications import (
    Classification,
    Classifications,
    ClassRun,
    MonthlyRuns,
    PutClassification,
    RequestClasses,
    SubscriberClasses,
    parse_classification,
    render_class_run,
    render_classes,
    render_classification,
    render_monthly_runs,
)
from carillon_gateway.http.models.shapes import Msisdn, ShortText
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.routers.matches import CSV, LIST_TIMEOUT_SECONDS

router = APIRouter(prefix="/api/v1", tags=["matching"], route_class=GuardedRoute)

Code = Annotated[ShortText, Path(examples=["fetion"])]


@router.get("/classifications", summary="List the classifications")
async def list_classifications(call: CallDep) -> Classifications:
    """The six Fetion classes, the life cycle of music customers and the operator's own, each with its steps."""
    answer = await invoke(call.peers.classes.ListClassifications, classification_pb2.ListClassificationsRequest())
    return Classifications(classifications=[render_classification(one) for one in answer.classifications])


@router.put("/classifications/{code}", summary="Give a classification other steps or thresholds")
async def put_classification(code: Code, body: PutClassification, call: CallDep) -> Classification:
    """A new version, in force from now on. A test that can't be read answers 422 with its step and position."""
    request = classification_pb2.PutClassificationRequest(
        request_id=call.request_id, classification=parse_classification(code, body)
    )
    return render_classification((await invoke(call.peers.classes.PutClassification, request)).classification)


@router.post("/classifications/{code}/runs", status_code=202, summary="Classify everyone")
async def request_classes(code: Code, body: RequestClasses, call: CallDep) -> ClassRun:
    """Counts by city, and the month's lists on the drop folder; GET /class-runs/{id} says how far it is."""
    request = classification_pb2.RequestClassesRequest(
        request_id=call.request_id, code=code, month=body.month or ""
    )  # fmt: skip
    return render_class_run((await invoke(call.peers.classes.RequestClasses, request)).run)


@router.get("/class-runs/{id}", summary="Look at a classification's run")
async def get_class_run(id: UUID, call: CallDep) -> ClassRun:  # noqa: A002 -- the name of the others
    """How far it is and, once done, how many are in which class and branch."""
    request = classification_pb2.GetClassesRequest(id=str(id))
    return render_class_run((await invoke(call.peers.classes.GetClasses, request)).run)


@router.get("/monthly-runs", summary="See what the monthly clock asked for, and what it waits for")
async def list_monthly_runs(call: CallDep) -> MonthlyRuns:
    """The lists of the classes and the match of each month, the newest first."""
    answer = await invoke(call.peers.classes.ListMonthlyRuns, classification_pb2.ListMonthlyRunsRequest())
    return render_monthly_runs(answer)


@router.get(
    "/class-runs/{id}/lists/{result}",
    summary="Take one class's list of a branch",
    response_class=StreamingResponse,
    responses=CSV,
)
async def get_class_list(
    id: UUID,  # noqa: A002 -- the name of the others
    result: Annotated[ShortText, Path(examples=["SUB_SILENT"])],
    call: CallDep,
    branch: Annotated[ShortText, Query()] = "",
) -> StreamingResponse:
    """Numbers as CSV, as they lie on the drop folder; a branch gets its own lists alone."""
    request = classification_pb2.ReadClassListRequest(run_id=str(id), result=result, branch=branch)
    stream = invoke_stream(call.peers.classes.ReadClassList, request, timeout_seconds=LIST_TIMEOUT_SECONDS)
    return await file_response(stream, f"class-list-{id}.csv")


@router.get("/subscribers/{msisdn}/classes", summary="See a subscriber's classes")
async def list_subscriber_classes(msisdn: Annotated[Msisdn, Path()], call: CallDep) -> SubscriberClasses:
    """By every classification, as the data stand now."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = classification_pb2.ClassifySubscriberRequest(subscriber_id=subscriber_id)
    return render_classes(await invoke(call.peers.classes.ClassifySubscriber, request))
