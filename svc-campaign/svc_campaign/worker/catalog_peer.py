"""Asks svc-catalog over gRPC; the only place that knows its protocol."""

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc, order_pb2, order_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound


class CatalogPeer:
    """svc-catalog as the use cases see it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self._orders = order_pb2_grpc.OrderServiceStub(channel)

    async def is_known(self, code: str) -> bool:
        """Whether the catalogue has the service."""
        try:
            await invoke(self._catalog.GetService, catalog_pb2.GetServiceRequest(code=code))
        except NotFound:
            return False
        return True

    async def used_by(self, subscriber_id: int) -> frozenset[str]:
        """Codes of the services that a subscriber has now."""
        request = order_pb2.ListSubscriptionsRequest(subscriber_id=subscriber_id)
        response = await invoke(self._orders.ListSubscriptions, request)
        return frozenset(one.service for one in response.subscriptions)
