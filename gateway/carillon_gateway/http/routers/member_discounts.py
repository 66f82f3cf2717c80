"""Members' discounts at partners over HTTP; svc-segment knows who is a member, svc-reward what that is worth where."""

from typing import Annotated

from fastapi import APIRouter, Path

from carillon.reward.v1 import member_discount_pb2
from carillon.segment.v1 import subscriber_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.member_discounts import (
    CreateDiscount,
    Discount,
    Discounts,
    IssuedMemberCode,
    IssueMemberCode,
    MemberCode,
    UsedMemberCode,
    UseMemberCode,
    parse_discount,
    render_discount,
    render_use,
)
from carillon_gateway.http.models.prizes import parse_tier
from carillon_gateway.http.models.shapes import render_time
from carillon_gateway.http.models.subscribers import render_attributes
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["prizes"], route_class=GuardedRoute)


@router.post("/member-discounts", status_code=201, summary="Note what a partner gives members")
async def create_discount(body: CreateDiscount, call: CallDep) -> Discount:
    """A right of members at an alliance partner (RWD-34). DISCOUNT_INVALID answers 422."""
    request = parse_discount(body, request_id=call.request_id)
    return render_discount((await invoke(call.peers.member_discounts.CreateDiscount, request)).discount)


@router.get("/member-discounts", summary="List what partners give members")
async def list_discounts(
    call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> Discounts:
    """In the order of their numbers."""
    request = member_discount_pb2.ListDiscountsRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.member_discounts.ListDiscounts, request)
    return Discounts(
        discounts=[render_discount(discount) for discount in answer.discounts], next_page_token=answer.next_page_token
    )


@router.post("/member-codes", status_code=201, summary="Get a code that proves membership")
async def issue_member_code(body: IssueMemberCode, call: CallDep) -> IssuedMemberCode:
    """For the member's screen, good once and for minutes (RWD-34). MEMBERSHIP_REQUIRED answers 409."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(body.msisdn))
    known = await invoke(
        call.peers.subscribers.GetSubscriber, subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
    )
    request = member_discount_pb2.IssueMemberCodeRequest(
        request_id=call.request_id, subscriber_id=subscriber_id, tier=parse_tier(render_attributes(known))
    )
    answer = await invoke(call.peers.member_discounts.IssueMemberCode, request)
    return IssuedMemberCode(code=answer.code, expires_at=render_time(answer.expires_at))


@router.post("/member-codes/{code}/use", summary="Take a member's code")
async def use_member_code(code: Annotated[MemberCode, Path()], body: UseMemberCode, call: CallDep) -> UsedMemberCode:
    """A partner learns what the member saves there, once, and not who it is.

    MEMBER_CODE_INVALID answers 422, MEMBER_CODE_UNKNOWN 404; MEMBER_CODE_USED, MEMBER_CODE_EXPIRED and NO_DISCOUNT 409.
    """
    request = member_discount_pb2.UseMemberCodeRequest(request_id=call.request_id, code=code, merchant=body.merchant)
    return render_use(await invoke(call.peers.member_discounts.UseMemberCode, request))
