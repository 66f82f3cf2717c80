"""Serves OrderService: parses, calls a use case, renders; it must not hold rules."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc

from carillon.catalog.v1 import order_pb2, order_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from svc_catalog.api.rendering import render_order, render_subscription
from svc_catalog.app.cancel_order import cancel_order
from svc_catalog.app.confirm_order import confirm_order
from svc_catalog.app.end_subscription import end_subscription
from svc_catalog.app.facts import OrderFacts
from svc_catalog.app.get_order import get_order
from svc_catalog.app.list_subscriptions import list_subscriptions
from svc_catalog.app.place_order import place_order
from svc_catalog.domain.order import OrderSource

Context = grpc.aio.ServicerContext[Any, Any]


class OrderServicer(order_pb2_grpc.OrderServiceServicer):
    """Orders and subscriptions over gRPC."""

    def __init__(
        self,
        *,
        database: Database,
        commands: Commands,
        facts: OrderFacts,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._database = database
        self._commands = commands
        self._facts = facts
        self._clock = clock
        self._new_id = new_id

    async def PlaceOrder(  # noqa: N802 -- the name is the protocol's
        self,
        request: order_pb2.PlaceOrderRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> order_pb2.PlaceOrderResponse:
        """Books an order."""

        async def operation(unit: UnitOfWork) -> order_pb2.PlaceOrderResponse:
            order = await place_order(
                unit,
                identity=current_identity(),
                facts=self._facts,
                order_id=self._new_id(),
                at=self._clock.now(),
                subscriber_id=request.subscriber_id,
                service=request.service,
                plan=request.plan,
                amount_fen=request.amount_fen,
                source=_parse_source(request.source),
            )
            return order_pb2.PlaceOrderResponse(order=render_order(order))

        return await self._commands.run(request, order_pb2.PlaceOrderResponse, operation)

    async def ConfirmOrder(  # noqa: N802 -- the name is the protocol's
        self,
        request: order_pb2.ConfirmOrderRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> order_pb2.ConfirmOrderResponse:
        """Activates an order."""

        async def operation(unit: UnitOfWork) -> order_pb2.ConfirmOrderResponse:
            order = await confirm_order(
                unit,
                identity=current_identity(),
                facts=self._facts,
                order_id=UUID(request.order_id),
                at=self._clock.now(),
            )
            return order_pb2.ConfirmOrderResponse(order=render_order(order))

        return await self._commands.run(request, order_pb2.ConfirmOrderResponse, operation)

    async def CancelOrder(  # noqa: N802 -- the name is the protocol's
        self,
        request: order_pb2.CancelOrderRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> order_pb2.CancelOrderResponse:
        """Cancels an order."""

        async def operation(unit: UnitOfWork) -> order_pb2.CancelOrderResponse:
            order = await cancel_order(unit, identity=current_identity(), order_id=UUID(request.order_id))
            return order_pb2.CancelOrderResponse(order=render_order(order))

        return await self._commands.run(request, order_pb2.CancelOrderResponse, operation)

    async def GetOrder(  # noqa: N802 -- the name is the protocol's
        self,
        request: order_pb2.GetOrderRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> order_pb2.GetOrderResponse:
        """Gives an order."""
        async with self._database.read() as unit:
            order = await get_order(unit, identity=current_identity(), order_id=UUID(request.order_id))
        return order_pb2.GetOrderResponse(order=render_order(order))

    async def ListSubscriptions(  # noqa: N802 -- the name is the protocol's
        self,
        request: order_pb2.ListSubscriptionsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> order_pb2.ListSubscriptionsResponse:
        """Gives a subscriber's running subscriptions."""
        async with self._database.read() as unit:
            subscriptions = await list_subscriptions(
                unit, identity=current_identity(), subscriber_id=request.subscriber_id
            )
        return order_pb2.ListSubscriptionsResponse(
            subscriptions=[render_subscription(subscription) for subscription in subscriptions]
        )

    async def EndSubscription(  # noqa: N802 -- the name is the protocol's
        self,
        request: order_pb2.EndSubscriptionRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> order_pb2.EndSubscriptionResponse:
        """Ends a subscription."""

        async def operation(unit: UnitOfWork) -> order_pb2.EndSubscriptionResponse:
            ended = await end_subscription(
                unit,
                identity=current_identity(),
                facts=self._facts,
                subscriber_id=request.subscriber_id,
                service=request.service,
                at=self._clock.now(),
            )
            return order_pb2.EndSubscriptionResponse(subscription=render_subscription(ended))

        return await self._commands.run(request, order_pb2.EndSubscriptionResponse, operation)


def _parse_source(source: order_pb2.OrderSource) -> OrderSource:
    return OrderSource(
        touchpoint=source.touchpoint,
        campaign_id=source.campaign_id,
        affiliate_id=source.affiliate_id,
        staff_id=source.staff_id,
        decision_id=source.decision_id,
        outlet=source.outlet,
    )
