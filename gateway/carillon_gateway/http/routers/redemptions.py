"""The shop where subscribers redeem points, over HTTP; svc-reward books, svc-segment knows who is a member."""

from uuid import UUID

from fastapi import APIRouter, Response

from carillon.reward.v1 import prize_pb2
from carillon.segment.v1 import subscriber_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.prizes import RedeemPrize, Redemption, parse_tier, render_redemption
from carillon_gateway.http.models.subscribers import render_attributes
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1/redemptions", tags=["prizes"], route_class=GuardedRoute)


@router.post("", status_code=201, summary="Redeem points for a prize")
async def redeem_prize(body: RedeemPrize, call: CallDep, response: Response) -> Redemption:
    """Books the points and takes the prize from the stock, both or neither (RWD-22, RWD-29, RWD-33).

    SUBSCRIBER_UNKNOWN and PRIZE_UNKNOWN answer 404; INSUFFICIENT_POINTS, OUT_OF_STOCK, MEMBERSHIP_REQUIRED and
    PRIZE_NOT_VALID answer 409.
    """
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(body.msisdn))
    known = await invoke(
        call.peers.subscribers.GetSubscriber, subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
    )
    request = prize_pb2.RedeemRequest(
        request_id=call.request_id,
        subscriber_id=subscriber_id,
        prize=body.prize,
        quantity=body.quantity,
        tier=parse_tier(render_attributes(known)),
    )
    answer = await invoke(call.peers.prizes.Redeem, request)
    response.headers["location"] = f"/api/v1/redemptions/{answer.redemption.id}"
    return render_redemption(answer.redemption)


@router.get("/{id}", summary="Look at a redemption")
async def get_redemption(id: UUID, call: CallDep) -> Redemption:  # noqa: A002 -- the contract's name
    """The redemption as it stands. REDEMPTION_UNKNOWN answers 404."""
    answer = await invoke(call.peers.prizes.GetRedemption, prize_pb2.GetRedemptionRequest(id=str(id)))
    return render_redemption(answer.redemption)


@router.post("/{id}/cancel", summary="Take a redemption back")
async def cancel_redemption(id: UUID, call: CallDep) -> Redemption:  # noqa: A002 -- the contract's name
    """Gives points and prize back, before it was handed over. REDEMPTION_STATE answers 409."""
    request = prize_pb2.CancelRedemptionRequest(request_id=call.request_id, id=str(id))
    return render_redemption((await invoke(call.peers.prizes.CancelRedemption, request)).redemption)


@router.post("/{id}/fulfil", summary="Note that a prize was handed over")
async def fulfil_redemption(id: UUID, call: CallDep) -> Redemption:  # noqa: A002 -- the contract's name
    """The prize is in the subscriber's hands; it can't be cancelled any more. REDEMPTION_STATE answers 409."""
    request = prize_pb2.FulfilRedemptionRequest(request_id=call.request_id, id=str(id))
    return render_redemption((await invoke(call.peers.prizes.FulfilRedemption, request)).redemption)
