"""Group buys over HTTP; svc-reward holds, captures and voids."""

from uuid import UUID

from fastapi import APIRouter, Response

from carillon.reward.v1 import group_buy_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.group_buys import (
    CreateGroupBuy,
    GroupBuy,
    JoinGroupBuy,
    parse_group_buy,
    render_group_buy,
)
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1/group-buys", tags=["activities"], route_class=GuardedRoute)


@router.post("", status_code=201, summary="Open a group buy")
async def create_group_buy(body: CreateGroupBuy, call: CallDep, response: Response) -> GroupBuy:
    """People join until there are enough; then all of them pay, or at the deadline none."""
    request = parse_group_buy(body, request_id=call.request_id)
    answer = await invoke(call.peers.group_buys.CreateGroupBuy, request)
    response.headers["location"] = f"/api/v1/group-buys/{answer.group_buy.id}"
    return render_group_buy(answer.group_buy)


@router.get("/{id}", summary="Look at a group buy")
async def get_group_buy(id: UUID, call: CallDep) -> GroupBuy:  # noqa: A002 -- the name of the others
    """The group as it stands. GROUP_UNKNOWN answers 404."""
    request = group_buy_pb2.GetGroupBuyRequest(id=str(id))
    return render_group_buy((await invoke(call.peers.group_buys.GetGroupBuy, request)).group_buy)


@router.post("/{id}/members", status_code=201, summary="Join a group buy")
async def join_group_buy(id: UUID, body: JoinGroupBuy, call: CallDep) -> GroupBuy:  # noqa: A002 -- the name of the others
    """Holds the person's points; with the last person needed all pay.

    GROUP_STATE, GROUP_CLOSED, ALREADY_JOINED and INSUFFICIENT_POINTS answer 409.
    """
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(body.msisdn))
    request = group_buy_pb2.JoinGroupBuyRequest(request_id=call.request_id, id=str(id), subscriber_id=subscriber_id)
    return render_group_buy((await invoke(call.peers.group_buys.JoinGroupBuy, request)).group_buy)
