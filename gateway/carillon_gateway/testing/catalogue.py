"""A stand-in for svc-catalog that answers from memory; it must not be more than the edge's tests need."""

import uuid
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc, order_pb2, order_pb2_grpc, sales_pb2, sales_pb2_grpc
from carillon_chassis.errors import Conflict, NotFound, StateRefused
from carillon_chassis.identity import Identity, current_identity
from carillon_chassis.paging import decode_token, encode_token
from carillon_chassis.telemetry import current_traceparent

PLACED_AT = Timestamp(seconds=1_795_262_400)

CRBT = catalog_pb2.Service(
    code="crbt",
    name_zh="彩铃",
    name_en="Colour ring-back tone",
    ownership="OWN",
    service_class="MATURE",
    instant_activation=True,
    prices=catalog_pb2.MemberPrices(premium_fen=0, ordinary_fen=300, non_member_fen=500),
)
NEWS = catalog_pb2.Service(code="news", name_zh="手机报", name_en="Mobile news")
CHANNELS = [
    catalog_pb2.Channel(
        code="HALL",
        name_zh="服务厅",
        name_en="Service hall",
        aliases_zh=["营业厅"],
        canonical=True,
        kind="PHYSICAL",
        role="EXPERIENCE",
        contact="ACTIVE",
    ),
    catalog_pb2.Channel(code="RADIO", name_zh="电台", name_en="Radio"),
]
BY_CODE = {service.code: service for service in (CRBT, NEWS)}


class Calls:
    """What reached a stand-in: method, caller and trace, in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Identity, str]] = []

    def note(self, method: str) -> None:
        """Remembers a call with its caller and trace."""
        self.seen.append((method, current_identity(), current_traceparent()))


class CatalogueStandIn(catalog_pb2_grpc.CatalogServiceServicer):
    """Two services."""

    async def LoadReference(self, request: catalog_pb2.LoadReferenceRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Nothing to load."""
        return catalog_pb2.LoadReferenceResponse(services=len(BY_CODE))

    async def ListServices(self, request: catalog_pb2.ListServicesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A page; its token is the number of services before it."""
        keys = decode_token(request.page_token)
        start = keys[0] if keys and isinstance(keys[0], int) else 0
        page = list(BY_CODE.values())[start : start + request.page_size]
        following = encode_token(start + len(page)) if start + len(page) < len(BY_CODE) else ""
        return catalog_pb2.ListServicesResponse(services=page, next_page_token=following)

    async def GetService(self, request: catalog_pb2.GetServiceRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One service."""
        return catalog_pb2.GetServiceResponse(service=known_service(request.code))

    async def SetPrices(self, request: catalog_pb2.SetPricesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The service as if it had these."""
        service = catalog_pb2.Service()
        service.CopyFrom(known_service(request.code))
        service.prices.CopyFrom(request.prices)
        return catalog_pb2.SetPricesResponse(service=service)

    async def ListBrands(self, request: catalog_pb2.ListBrandsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """None."""
        return catalog_pb2.ListBrandsResponse()

    async def ListChannels(self, request: catalog_pb2.ListChannelsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of the eleven, and one with nothing said of it."""
        return catalog_pb2.ListChannelsResponse(channels=CHANNELS)


class SalesCountsStandIn(sales_pb2_grpc.SalesServiceServicer):
    """The same sales every day; it gives back the question where it was narrowed."""

    async def CountSales(self, request: sales_pb2.CountSalesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Two lines, or that of the service asked for."""
        rows = [
            sales_pb2.SalesRow(service="crbt", touchpoint="hall", branch="guangzhou", ordered=3, active=2, cancelled=1),
            sales_pb2.SalesRow(service="news", ordered=1),
        ]
        for service in request.services:
            known_service(service)
        return sales_pb2.CountSalesResponse(
            rows=[row for row in rows if row.service in (request.services or BY_CODE)],
            first_day=request.first_day or "2026-11-22",
            last_day=request.last_day or "2026-11-22",
        )


class OrdersStandIn(order_pb2_grpc.OrderServiceServicer):
    """Orders in memory, each request id once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._orders: dict[str, order_pb2.Order] = {}
        self._answers: dict[str, tuple[bytes, Message]] = {}

    async def PlaceOrder(self, request: order_pb2.PlaceOrderRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Books an order."""
        self._calls.note("PlaceOrder")
        known_service(request.service)
        if found := self._answers.get(request.request_id):
            if found[0] != request.SerializeToString(deterministic=True):
                raise Conflict(reason="IDEMPOTENCY_CONFLICT", field="request_id", detail="the key had another body")
            return found[1]
        order = order_pb2.Order(
            id=str(uuid.uuid4()),
            subscriber_id=request.subscriber_id,
            service=request.service,
            plan=request.plan,
            amount_fen=request.amount_fen,
            source=request.source,
            state=order_pb2.ORDER_STATE_PENDING_CONFIRMATION,
            placed_at=PLACED_AT,
        )
        self._orders[order.id] = order
        answer = order_pb2.PlaceOrderResponse(order=order)
        self._answers[request.request_id] = (request.SerializeToString(deterministic=True), answer)
        return answer

    async def ConfirmOrder(self, request: order_pb2.ConfirmOrderRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Makes it active."""
        order = self._move(request.order_id, order_pb2.ORDER_STATE_ACTIVE)
        order.activated_at.CopyFrom(PLACED_AT)
        return order_pb2.ConfirmOrderResponse(order=order)

    async def CancelOrder(self, request: order_pb2.CancelOrderRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Makes it cancelled."""
        order = self._move(request.order_id, order_pb2.ORDER_STATE_CANCELLED)
        return order_pb2.CancelOrderResponse(order=order)

    async def GetOrder(self, request: order_pb2.GetOrderRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """As it stands."""
        return order_pb2.GetOrderResponse(order=self._known(request.order_id))

    async def ListSubscriptions(self, request: order_pb2.ListSubscriptionsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The subscriber's active orders."""
        mine = [
            order_pb2.Subscription(service=order.service, order_id=order.id, since=order.activated_at)
            for order in self._orders.values()
            if order.subscriber_id == request.subscriber_id and order.state == order_pb2.ORDER_STATE_ACTIVE
        ]
        return order_pb2.ListSubscriptionsResponse(subscriptions=mine)

    async def EndSubscription(self, request: order_pb2.EndSubscriptionRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Ends it."""
        for order in self._orders.values():
            active = order.state == order_pb2.ORDER_STATE_ACTIVE
            if active and (order.subscriber_id, order.service) == (request.subscriber_id, request.service):
                order.state = order_pb2.ORDER_STATE_CANCELLED
                ended = order_pb2.Subscription(service=order.service, order_id=order.id, since=order.activated_at)
                return order_pb2.EndSubscriptionResponse(subscription=ended)
        raise NotFound(reason="SUBSCRIPTION_UNKNOWN", field="service", detail="the subscriber does not have it")

    def _known(self, order_id: str) -> order_pb2.Order:
        if order_id not in self._orders:
            raise NotFound(reason="ORDER_UNKNOWN", field="order_id", detail="there is no such order")
        return self._orders[order_id]

    def _move(self, order_id: str, state: order_pb2.OrderState.ValueType) -> order_pb2.Order:
        order = self._known(order_id)
        if order.state != order_pb2.ORDER_STATE_PENDING_CONFIRMATION:
            raise StateRefused(reason="ORDER_STATE", detail="the order no longer waits for confirmation")
        order.state = state
        return order


def known_service(code: str) -> catalog_pb2.Service:
    """The service. Raises NotFound SERVICE_UNKNOWN."""
    if code not in BY_CODE:
        raise NotFound(reason="SERVICE_UNKNOWN", field="service", detail=f"the catalogue has no service {code!r}")
    return BY_CODE[code]
