"""Reads sales from svc-catalog as one of the staff, with touch points by their names; adds nothing up."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import grpc

from carillon.catalog.v1 import catalog_pb2, sales_pb2, sales_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.identity import Identity, acting_as
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.adapters.touchpoints import Touchpoints
from svc_channel.app.sales import SalesLine, SalesNames
from svc_channel.domain.robots.remarks import named_products
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.texting.staff import Staff

TIMEOUT_SECONDS: Final = 5.0


class CatalogSales:
    """See app.sales.Sales."""

    def __init__(self, channel: grpc.aio.Channel, services: ServiceOffers, touchpoints: Touchpoints) -> None:
        self._sales = sales_pb2_grpc.SalesServiceStub(channel)
        self._services = services
        self._touchpoints = touchpoints

    async def names(self) -> SalesNames:
        """Every name of services and touch points."""
        channels = await self._touchpoints.read()
        touchpoints = named_products(
            (name, one.code)
            for one in channels.values()
            for name in (one.name_zh, one.name_en, one.code, *one.aliases_zh, *one.spellings)
        )
        # Read anew, and not as last known: a look-up of sales needs the catalogue in any case.
        await self._services.offered(Language.ZH)
        return SalesNames(services=await self._services.products(), touchpoints=touchpoints)

    async def service_name(self, code: str, language: Language) -> str:
        """The service's name in the language."""
        return self._services.name(await self._services.find(code), language)

    async def count(
        self, staff: Staff, *, service: str, touchpoint: str, days: tuple[date, date], language: Language
    ) -> Sequence[SalesLine]:
        """As the staff's own role and branch."""
        first, last = days
        request = sales_pb2.CountSalesRequest(
            services=[service] if service else [],
            touchpoints=[touchpoint] if touchpoint else [],
            first_day=first.isoformat(),
            last_day=last.isoformat(),
        )
        identity = Identity(subject=staff.staff_id, roles=frozenset({staff.role}), branch=staff.branch)
        with acting_as(identity):
            answer = await invoke(self._sales.CountSales, request, timeout_seconds=TIMEOUT_SECONDS)
        channels = await self._touchpoints.read()
        return [
            SalesLine(
                touchpoint=_shown(channels.get(row.touchpoint), row.touchpoint, language),
                branch=row.branch,
                ordered=row.ordered,
                active=row.active,
                cancelled=row.cancelled,
            )
            for row in answer.rows
        ]


def _shown(channel: catalog_pb2.Channel | None, code: str, language: Language) -> str:
    if channel is None:
        return code
    return channel.name_en if language is Language.EN else channel.name_zh
