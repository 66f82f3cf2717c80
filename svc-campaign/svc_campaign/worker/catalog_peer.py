"""Asks svc-catalog over gRPC; the only place that knows its protocol."""

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound


class CatalogPeer:
    """svc-catalog as the use cases see it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._catalog = catalog_pb2_grpc.CatalogServiceStub(channel)

    async def is_known(self, code: str) -> bool:
        """Whether the catalogue has the service."""
        try:
            await invoke(self._catalog.GetService, catalog_pb2.GetServiceRequest(code=code))
        except NotFound:
            return False
        return True
