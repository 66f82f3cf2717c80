"""Handset subsidies and gifts among friends over HTTP; svc-reward decides who may have them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from carillon.reward.v1 import gift_pb2, subsidy_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.shapes import Msisdn
from carillon_gateway.http.models.subsidies import (
    CreateSubsidy,
    EndSubsidy,
    Gift,
    GiveGift,
    Subsidies,
    Subsidy,
    render_gift,
    render_subsidy,
)
from carillon_gateway.http.numbers import mask_numbers, normalise_msisdn

router = APIRouter(prefix="/api/v1", tags=["subsidies"], route_class=GuardedRoute)


@router.post("/subsidies", status_code=201, summary="Subsidise a handset against a spend agreement")
async def create_subsidy(body: CreateSubsidy, call: CallDep) -> Subsidy:
    """One at a time to a subscriber (RWD-37). SUBSIDY_RUNNING, INSUFFICIENT_FUNDS and ACCOUNT_UNKNOWN answer 409."""
    request = subsidy_pb2.CreateSubsidyRequest(
        request_id=call.request_id,
        subscriber_id=await call.peers.subscriber_id(normalise_msisdn(body.msisdn)),
        campaign_id=body.campaign_id or "",
        device=body.device,
        subsidy_fen=body.subsidy.amount_fen,
        monthly_spend_fen=body.monthly_spend.amount_fen,
        months=body.months,
    )
    return render_subsidy((await invoke(call.peers.subsidies.CreateSubsidy, request)).subsidy)


@router.post("/subsidies/{id}/end", summary="End a handset subsidy early")
async def end_subsidy(id: UUID, body: EndSubsidy, call: CallDep) -> Subsidy:  # noqa: A002 -- the name of the others
    """The share of the months that are left is owed back. SUBSIDY_UNKNOWN answers 404, SUBSIDY_STATE 409."""
    request = subsidy_pb2.EndSubsidyRequest(request_id=call.request_id, id=str(id), reason=body.reason)
    return render_subsidy((await invoke(call.peers.subsidies.EndSubsidy, request)).subsidy)


@router.get("/subscribers/{msisdn}/subsidies", summary="List a subscriber's handset subsidies")
async def list_subsidies(msisdn: Annotated[Msisdn, Path()], call: CallDep) -> Subsidies:
    """The latest first. SUBSCRIBER_UNKNOWN answers 404."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = subsidy_pb2.ListSubsidiesRequest(subscriber_id=subscriber_id)
    answer = await invoke(call.peers.subsidies.ListSubsidies, request)
    return Subsidies(subsidies=[render_subsidy(subsidy) for subsidy in answer.subsidies])


@router.post("/gifts", status_code=201, summary="Give own points to a friend")
async def give_gift(body: GiveGift, call: CallDep) -> Gift:
    """Subscriber to subscriber, in one currency (RWD-41). GIFT_LIMIT and INSUFFICIENT_POINTS answer 409."""
    number, friend = normalise_msisdn(body.msisdn), normalise_msisdn(body.friend, field="friend")
    request = gift_pb2.GiveGiftRequest(
        request_id=call.request_id,
        giver_id=await call.peers.subscriber_id(number),
        friend_id=await call.peers.subscriber_id(friend, field="friend"),
        currency=body.currency,
        amount=body.amount,
    )
    return render_gift((await invoke(call.peers.gifts.GiveGift, request)).gift, friend=mask_numbers(friend))
