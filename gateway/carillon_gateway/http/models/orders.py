"""Orders and subscriptions in JSON; it must not decide anything about them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from carillon.catalog.v1 import order_pb2
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Money,
    Msisdn,
    ShortText,
    render_optional_time,
    render_state,
    render_time,
)


class Source(Body):
    """Where an order comes from, so that it can be attributed (RWD-27)."""

    touchpoint: ShortText = Field(
        min_length=1,
        description="The channel that took the order: a code of GET /channels or a spelling of it; answers give the code",
        examples=["portal"],
    )
    campaign_id: ShortText | None = None
    affiliate_id: ShortText | None = None
    staff_id: ShortText | None = None
    decision_id: ShortText | None = None
    outlet: ShortText | None = Field(
        None, max_length=40, description="The registered outlet of that touch point, such as a KTV (CHN-37)"
    )


class PlaceOrder(Body):
    """An order for a service; it becomes active by a confirmation (QGV-09)."""

    msisdn: Msisdn
    service: ShortText = Field(min_length=1, description="A service's code", examples=["CRBT"])
    plan: ShortText | None = None
    amount: Money | None = Field(default=None, description="What the customer spends with this order")
    source: Source


class OrderSource(Answer):
    """Where the order came from."""

    touchpoint: str
    campaign_id: str | None
    affiliate_id: str | None
    staff_id: str | None
    decision_id: str | None
    outlet: str | None


class Order(Answer):
    """An order and how far it has come."""

    id: str = Field(examples=["0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"])
    state: Literal["pending_confirmation", "active", "trial", "rejected", "cancelled"]
    service: str
    plan: str | None
    amount: Money
    source: OrderSource
    placed_at: datetime
    activated_at: datetime | None


class Subscription(Answer):
    """A service that a subscriber has."""

    service: str
    order_id: str
    since: datetime


class Subscriptions(Answer):
    """All services that a subscriber has."""

    subscriptions: list[Subscription]


def parse_order(body: PlaceOrder, *, request_id: str, subscriber_id: int) -> order_pb2.PlaceOrderRequest:
    """The request for svc-catalog."""
    return order_pb2.PlaceOrderRequest(
        request_id=request_id,
        subscriber_id=subscriber_id,
        service=body.service,
        plan=body.plan or "",
        amount_fen=body.amount.amount_fen if body.amount else 0,
        source=order_pb2.OrderSource(
            touchpoint=body.source.touchpoint,
            campaign_id=body.source.campaign_id or "",
            affiliate_id=body.source.affiliate_id or "",
            staff_id=body.source.staff_id or "",
            decision_id=body.source.decision_id or "",
            outlet=body.source.outlet or "",
        ),
    )


def render_order(order: order_pb2.Order) -> Order:
    """The order as JSON has it."""
    source = order.source
    return Order(
        id=order.id,
        state=render_state(order_pb2.OrderState.Name(order.state), "ORDER_STATE_"),
        service=order.service,
        plan=order.plan or None,
        amount=Money(amount_fen=order.amount_fen),
        source=OrderSource(
            touchpoint=source.touchpoint,
            campaign_id=source.campaign_id or None,
            affiliate_id=source.affiliate_id or None,
            staff_id=source.staff_id or None,
            decision_id=source.decision_id or None,
            outlet=source.outlet or None,
        ),
        placed_at=render_time(order.placed_at),
        activated_at=render_optional_time(order, "activated_at"),
    )


def render_subscription(subscription: order_pb2.Subscription) -> Subscription:
    """The subscription as JSON has it."""
    return Subscription(
        service=subscription.service, order_id=subscription.order_id, since=render_time(subscription.since)
    )
