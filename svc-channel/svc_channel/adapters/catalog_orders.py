"""Asks svc-catalog about orders by gRPC, and tells it a customer's yes; keeps none of them."""

from uuid import UUID

import grpc

from carillon.catalog.v1 import order_pb2, order_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound, StateRefused
from carillon_chassis.identity import acting_as
from svc_channel.adapters.house_actions import CALLER
from svc_channel.adapters.service_desk import TIMEOUT_SECONDS, price_by_tier
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.app.orders import OrderedService
from svc_channel.domain.sessions.menu import Language


class CatalogOrders:
    """See app.orders.Orders."""

    def __init__(self, catalog: grpc.aio.Channel, *, services: ServiceOffers) -> None:
        self._orders = order_pb2_grpc.OrderServiceStub(catalog)
        self._services = services

    async def is_open(self, order_id: UUID) -> bool:
        """Whether it is pending confirmation."""
        return await self._state(order_id) == order_pb2.ORDER_STATE_PENDING_CONFIRMATION

    async def describe(self, service: str) -> OrderedService | None:
        """By its Chinese name: SMS here are Chinese."""
        with acting_as(CALLER):
            try:
                found = await self._services.find(service)
            except NotFound:
                return None
        return OrderedService(name=self._services.name(found, Language.ZH), prices=price_by_tier(found.prices))

    async def confirm(self, order_id: UUID) -> bool:
        """One request id an order, so a yes that is told again is a repetition."""
        request = order_pb2.ConfirmOrderRequest(request_id=f"confirmation:{order_id}", order_id=str(order_id))
        with acting_as(CALLER):
            try:
                await invoke(self._orders.ConfirmOrder, request, timeout_seconds=TIMEOUT_SECONDS)
            except NotFound:
                return False
            except StateRefused:
                # Somebody confirmed it meanwhile, or it is over.
                return await self._state(order_id) == order_pb2.ORDER_STATE_ACTIVE
        return True

    async def _state(self, order_id: UUID) -> order_pb2.OrderState.ValueType:
        request = order_pb2.GetOrderRequest(order_id=str(order_id))
        with acting_as(CALLER):
            try:
                answer = await invoke(self._orders.GetOrder, request, timeout_seconds=TIMEOUT_SECONDS)
            except NotFound:
                return order_pb2.ORDER_STATE_UNSPECIFIED
        return answer.order.state
