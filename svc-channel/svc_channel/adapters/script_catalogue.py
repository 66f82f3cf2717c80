"""Asks svc-catalog which touch points there are and what services cost, anew now and then; sells nothing."""

from collections.abc import Callable, Mapping
from typing import Final

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound
from svc_channel.adapters.service_desk import price_by_tier
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.domain.scripts.speech import ServiceCard
from svc_channel.domain.sessions.menu import Language

TIMEOUT_SECONDS: Final = 5.0
# Touch points change with a release.
FRESH_SECONDS: Final = 60.0


class ScriptCatalogue:
    """See app.speak_script.Catalogue."""

    def __init__(self, channel: grpc.aio.Channel, services: ServiceOffers, *, monotonic: Callable[[], float]) -> None:
        self._stub = catalog_pb2_grpc.CatalogServiceStub(channel)
        self._services = services
        self._monotonic = monotonic
        self._codes: Mapping[str, str] = {}
        self._read_at = float("-inf")

    async def name_touchpoint(self, named: str, *, field: str) -> str:
        """The code. Raises NotFound TOUCHPOINT_UNKNOWN, Unavailable."""
        now = self._monotonic()
        if now - self._read_at >= FRESH_SECONDS or named.lower() not in self._codes:
            request = catalog_pb2.ListChannelsRequest()
            channels = (await invoke(self._stub.ListChannels, request, timeout_seconds=TIMEOUT_SECONDS)).channels
            self._codes = {name: one.code for one in channels for name in (one.code.lower(), *one.spellings)}
            self._read_at = now
        code = self._codes.get(named.lower())
        if code is None:
            raise NotFound(
                reason="TOUCHPOINT_UNKNOWN",
                field=field,
                detail=f"there is no touch point {named!r}; GET /api/v1/channels lists them",
            )
        return code

    async def card(self, service: str, language: Language) -> ServiceCard | None:
        """The service's name and prices. Raises Unavailable."""
        try:
            found = await self._services.find(service)
        except NotFound:
            return None
        return ServiceCard(name=self._services.name(found, language), prices=price_by_tier(found.prices))
