"""The catalogue's services as sessions and robots show them, read anew every few seconds; sells none."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound, Unavailable
from svc_channel.domain.robots.remarks import named_products
from svc_channel.domain.sessions.menu import Language

TIMEOUT_SECONDS: Final = 5.0
# A price that changed is shown after so long; two thousand interactions a second must not each read the catalogue.
FRESH_SECONDS: Final = 5.0
PAGE_SIZE: Final = 500
# An inventory has 35 to 75 services; a thousand is beyond any.
PAGES: Final = 2


class ServiceOffers:
    """The services by code, marketed ones first."""

    def __init__(self, channel: grpc.aio.Channel, *, monotonic: Callable[[], float]) -> None:
        self._stub = catalog_pb2_grpc.CatalogServiceStub(channel)
        self._monotonic = monotonic
        self._services: dict[str, catalog_pb2.Service] = {}
        self._products: Mapping[str, str] = {}
        self._read_at = float("-inf")

    async def offered(self, language: Language) -> list[tuple[str, str]]:
        """Codes and names. Raises Unavailable when the catalogue is away."""
        services = (await self._read()).values()
        ordered = sorted(services, key=lambda service: not service.ocrm_marketed)
        return [(service.code, self.name(service, language)) for service in ordered]

    async def find(self, code: str) -> catalog_pb2.Service:
        """The service. Raises NotFound SERVICE_UNKNOWN, Unavailable."""
        service = (await self._read()).get(code)
        if service is None:
            raise NotFound(reason="SERVICE_UNKNOWN", field="service", detail=f"the catalogue has no service {code!r}")
        return service

    async def products(self) -> Mapping[str, str]:
        """Codes by every name as people may write it; as last known while the catalogue is away."""
        with suppress(Unavailable):
            await self._read()
        return self._products

    def name(self, service: catalog_pb2.Service, language: Language) -> str:
        """The service's name in the language."""
        return service.name_en if language is Language.EN else service.name_zh

    async def _read(self) -> dict[str, catalog_pb2.Service]:
        now = self._monotonic()
        if now - self._read_at < FRESH_SECONDS:
            return self._services
        services: dict[str, catalog_pb2.Service] = {}
        token = ""
        for _ in range(PAGES):
            request = catalog_pb2.ListServicesRequest(page_size=PAGE_SIZE, page_token=token)
            page = await invoke(self._stub.ListServices, request, timeout_seconds=TIMEOUT_SECONDS)
            services |= {service.code: service for service in page.services}
            token = page.next_page_token
            if not token:
                break
        self._services, self._read_at = services, now
        self._products = named_products(
            (name, service.code)
            for service in services.values()
            for name in (service.name_zh, service.name_en, service.code, *service.aliases_zh)
        )
        return services
