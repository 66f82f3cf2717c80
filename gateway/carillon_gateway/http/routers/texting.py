"""Who answers texts at which number, and whose of the staff may ask there, over HTTP; svc-channel answers."""

from typing import Annotated

from fastapi import APIRouter, Path

from carillon.channel.v1 import texting_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.shapes import Msisdn
from carillon_gateway.http.models.texting import (
    PutStaffNumber,
    PutTextDesk,
    StaffNumber,
    StaffNumbers,
    TextDesk,
    TextDesks,
    parse_desk,
    parse_staff,
    render_desk,
    render_staff,
)
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["sessions"], route_class=GuardedRoute)
Recipient = Annotated[
    str, Path(pattern=r"^[0-9]{3,20}\*?$", description="With * at the end for all that begin so", examples=["0222290"])
]


@router.get("/text-desks", summary="List the numbers at which texts are answered")
async def list_text_desks(call: CallDep) -> TextDesks:
    """Who answers at which (CHN-06, CHN-26)."""
    answer = await invoke(call.peers.texting.ListTextDesks, texting_pb2.ListTextDesksRequest())
    return TextDesks(desks=[render_desk(one) for one in answer.desks])


@router.put("/text-desks/{recipient}", summary="Have texts answered at a number")
async def put_text_desk(recipient: Recipient, body: PutTextDesk, call: CallDep) -> TextDesk:
    """From its next text on. MENU_UNKNOWN and ROBOT_UNKNOWN answer 404."""
    request = parse_desk(recipient, body, request_id=call.request_id)
    return render_desk((await invoke(call.peers.texting.PutTextDesk, request)).desk)


@router.delete("/text-desks/{recipient}", status_code=204, summary="Answer no more texts at a number")
async def end_text_desk(recipient: Recipient, call: CallDep) -> None:
    """TEXT_DESK_UNKNOWN answers 404."""
    request = texting_pb2.EndTextDeskRequest(request_id=call.request_id, recipient=recipient)
    await invoke(call.peers.texting.EndTextDesk, request)


@router.get("/staff-numbers", summary="List the numbers of the staff")
async def list_staff_numbers(
    call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> StaffNumbers:
    """Who asks by SMS for sales, products and policy (CHN-31). A branch sees its own."""
    request = texting_pb2.ListStaffNumbersRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.texting.ListStaffNumbers, request)
    return StaffNumbers(
        staff=[render_staff(one) for one in answer.staff], next_page_token=answer.next_page_token or None
    )


@router.put("/staff-numbers/{msisdn}", summary="Register a number of the staff")
async def put_staff_number(msisdn: Msisdn, body: PutStaffNumber, call: CallDep) -> StaffNumber:
    """A branch registers its own people: OTHER_BRANCH answers 403. SUBSCRIBER_UNKNOWN answers 404."""
    request = parse_staff(normalise_msisdn(msisdn), body, request_id=call.request_id)
    return render_staff((await invoke(call.peers.texting.PutStaffNumber, request)).staff)


@router.delete("/staff-numbers/{msisdn}", status_code=204, summary="Forget a number of the staff")
async def remove_staff_number(msisdn: Msisdn, call: CallDep) -> None:
    """STAFF_UNKNOWN answers 404."""
    request = texting_pb2.RemoveStaffNumberRequest(request_id=call.request_id, msisdn=normalise_msisdn(msisdn))
    await invoke(call.peers.texting.RemoveStaffNumber, request)
