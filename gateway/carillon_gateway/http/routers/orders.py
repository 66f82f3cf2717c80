"""Orders over HTTP: place, confirm, cancel, look at; svc-catalog decides."""

from uuid import UUID

from fastapi import APIRouter, Response

from carillon.catalog.v1 import order_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.orders import Order, PlaceOrder, parse_order, render_order
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1/orders", tags=["orders"], route_class=GuardedRoute)


@router.post("", status_code=201, summary="Place an order")
async def place_order(body: PlaceOrder, call: CallDep, response: Response) -> Order:
    """Books an order that still needs the customer's confirmation (QGV-09).

    SUBSCRIBER_UNKNOWN, SERVICE_UNKNOWN, TOUCHPOINT_UNKNOWN and OUTLET_UNKNOWN answer 404.
    """
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(body.msisdn))
    request = parse_order(body, request_id=call.request_id, subscriber_id=subscriber_id)
    answer = await invoke(call.peers.orders.PlaceOrder, request)
    response.headers["location"] = f"/api/v1/orders/{answer.order.id}"
    return render_order(answer.order)


@router.post("/{id}/confirm", summary="Confirm an order")
async def confirm_order(id: UUID, call: CallDep) -> Order:  # noqa: A002 -- the contract's name
    """The customer said yes: a service with instant activation is active at once (CAT-31)."""
    request = order_pb2.ConfirmOrderRequest(request_id=call.request_id, order_id=str(id))
    return render_order((await invoke(call.peers.orders.ConfirmOrder, request)).order)


@router.post("/{id}/cancel", summary="Cancel an order")
async def cancel_order(id: UUID, call: CallDep) -> Order:  # noqa: A002 -- the contract's name
    """The customer said no."""
    request = order_pb2.CancelOrderRequest(request_id=call.request_id, order_id=str(id))
    return render_order((await invoke(call.peers.orders.CancelOrder, request)).order)


@router.get("/{id}", summary="Look at an order")
async def get_order(id: UUID, call: CallDep) -> Order:  # noqa: A002 -- the contract's name
    """The order as it stands."""
    request = order_pb2.GetOrderRequest(order_id=str(id))
    return render_order((await invoke(call.peers.orders.GetOrder, request)).order)
