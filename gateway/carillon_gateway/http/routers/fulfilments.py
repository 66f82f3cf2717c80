"""What cities verify and hand over, over HTTP; svc-reward keeps the states and sees to whose city it is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from carillon.reward.v1 import fulfilment_pb2
from carillon.segment.v1 import subscriber_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.fulfilments import (
    CompleteFulfilment,
    FailFulfilment,
    Fulfilment,
    FulfilmentDetail,
    Fulfilments,
    FulfilmentState,
    ReportAgain,
    render_detail,
    render_fulfilment,
)
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken
from carillon_gateway.http.routers.reward_reports import City

router = APIRouter(prefix="/api/v1/fulfilments", tags=["fulfilment"], route_class=GuardedRoute)


@router.get("", summary="List a report's items")
async def list_fulfilments(
    call: CallDep,
    report: UUID,
    city: City = None,
    state: Annotated[FulfilmentState | None, Query(description="All states if absent")] = None,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Fulfilments:
    """Items a page at a time. REPORT_UNKNOWN answers 404."""
    wanted = fulfilment_pb2.FULFILMENT_STATE_UNSPECIFIED
    if state is not None:
        wanted = fulfilment_pb2.FulfilmentState.Value(f"FULFILMENT_STATE_{state.upper()}")
    request = fulfilment_pb2.ListFulfilmentsRequest(
        report_id=str(report), city=city, state=wanted, page_size=page_size, page_token=page_token
    )
    answer = await invoke(call.peers.fulfilments.ListFulfilments, request)
    items = [render_fulfilment(item) for item in answer.fulfilments]
    return Fulfilments(fulfilments=items, next_page_token=answer.next_page_token)


@router.get("/{id}", summary="Look at an item")
async def get_fulfilment(id: UUID, call: CallDep) -> FulfilmentDetail:  # noqa: A002 -- the contract's name
    """The item, its history, and the number to call for the hand-over. FULFILMENT_UNKNOWN answers 404."""
    answer = await invoke(call.peers.fulfilments.GetFulfilment, fulfilment_pb2.GetFulfilmentRequest(id=str(id)))
    request = subscriber_pb2.LookUpNumbersRequest(subscriber_ids=[answer.fulfilment.subscriber_id])
    numbers = await invoke(call.peers.subscribers.LookUpNumbers, request)
    return render_detail(answer, msisdn=next((entry.msisdn for entry in numbers.entries), None))


@router.post("/{id}/verify", summary="Say that an item is right")
async def verify_fulfilment(id: UUID, call: CallDep) -> Fulfilment:  # noqa: A002 -- the contract's name
    """By the item's city, and not by who reported it: CITY_FOREIGN and MAKER_IS_CHECKER answer 403 (RWD-02)."""
    request = fulfilment_pb2.VerifyFulfilmentRequest(request_id=call.request_id, id=str(id))
    return render_fulfilment((await invoke(call.peers.fulfilments.VerifyFulfilment, request)).fulfilment)


@router.post("/{id}/complete", summary="Hand an item over")
async def complete_fulfilment(id: UUID, body: CompleteFulfilment, call: CallDep) -> Fulfilment:  # noqa: A002 -- the contract's name
    """Completed with its reference; phone credit is ``paying`` until its recharge has answered (RWD-02).

    FULFILMENT_STATE, RECHARGE_NOT_CONFIGURED and REDEMPTION_STATE answer 409, REFERENCE_MISSING 422.
    """
    request = fulfilment_pb2.CompleteFulfilmentRequest(request_id=call.request_id, id=str(id), reference=body.reference)
    return render_fulfilment((await invoke(call.peers.fulfilments.CompleteFulfilment, request)).fulfilment)


@router.post("/{id}/fail", summary="Say why an item can't be handed over")
async def fail_fulfilment(id: UUID, body: FailFulfilment, call: CallDep) -> Fulfilment:  # noqa: A002 -- the contract's name
    """The province sees the reason (RWD-03). FULFILMENT_STATE answers 409."""
    request = fulfilment_pb2.FailFulfilmentRequest(request_id=call.request_id, id=str(id), reason=body.reason)
    return render_fulfilment((await invoke(call.peers.fulfilments.FailFulfilment, request)).fulfilment)


@router.post("/{id}/report-again", summary="Correct a failed item and report it again")
async def report_fulfilment_again(id: UUID, body: ReportAgain, call: CallDep) -> Fulfilment:  # noqa: A002 -- the contract's name
    """Once; its history stays. REPORT_FINAL and FULFILMENT_STATE answer 409."""
    request = fulfilment_pb2.ReportFulfilmentAgainRequest(
        request_id=call.request_id, id=str(id), city=body.city, note=body.note
    )
    return render_fulfilment((await invoke(call.peers.fulfilments.ReportFulfilmentAgain, request)).fulfilment)
