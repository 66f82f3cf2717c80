"""Tells scripts which touch points there are and what services cost; sells nothing."""

from carillon_chassis.errors import NotFound
from svc_channel.adapters.service_desk import price_by_tier
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.adapters.touchpoints import Touchpoints
from svc_channel.domain.scripts.speech import ServiceCard
from svc_channel.domain.sessions.menu import Language


class ScriptCatalogue:
    """See app.speak_script.Catalogue."""

    def __init__(self, services: ServiceOffers, touchpoints: Touchpoints) -> None:
        self._services = services
        self._touchpoints = touchpoints

    async def name_touchpoint(self, named: str, *, field: str) -> str:
        """The code. Raises NotFound TOUCHPOINT_UNKNOWN, Unavailable."""
        code = await self._touchpoints.find(named)
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
