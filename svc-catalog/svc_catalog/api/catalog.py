"""Serves CatalogService: parses, calls a use case, renders; it must not hold rules."""

from typing import Any

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_catalog.api.rendering import render_brand, render_channel, render_service
from svc_catalog.app.get_service import get_service
from svc_catalog.app.list_brands import list_brands
from svc_catalog.app.list_channels import list_channels
from svc_catalog.app.list_services import list_services
from svc_catalog.app.load_reference import load_reference
from svc_catalog.app.set_prices import set_prices
from svc_catalog.domain.reference import Reference
from svc_catalog.domain.service import MemberPrices

Context = grpc.aio.ServicerContext[Any, Any]


class CatalogServicer(catalog_pb2_grpc.CatalogServiceServicer):
    """The inventory over gRPC."""

    def __init__(self, *, database: Database, commands: Commands, reference: Reference) -> None:
        self._database = database
        self._commands = commands
        self._reference = reference

    async def LoadReference(  # noqa: N802 -- the name is the protocol's
        self,
        request: catalog_pb2.LoadReferenceRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> catalog_pb2.LoadReferenceResponse:
        """Loads the shipped tables and tells how many entries each has."""

        async def operation(unit: UnitOfWork) -> catalog_pb2.LoadReferenceResponse:
            loaded = await load_reference(unit, identity=current_identity(), reference=self._reference)
            return catalog_pb2.LoadReferenceResponse(
                services=len(loaded.services), brands=len(loaded.brands), channels=len(loaded.channels)
            )

        return await self._commands.run(request, catalog_pb2.LoadReferenceResponse, operation)

    async def ListServices(  # noqa: N802 -- the name is the protocol's
        self,
        request: catalog_pb2.ListServicesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> catalog_pb2.ListServicesResponse:
        """Gives a page of the inventory."""
        keys = decode_token(request.page_token)
        async with self._database.read() as unit:
            services, more = await list_services(
                unit, after=str(keys[0]) if keys else "", limit=request.page_size or DEFAULT_PAGE_SIZE
            )
        return catalog_pb2.ListServicesResponse(
            services=[render_service(service) for service in services],
            next_page_token=encode_token(services[-1].code) if more else "",
        )

    async def GetService(  # noqa: N802 -- the name is the protocol's
        self,
        request: catalog_pb2.GetServiceRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> catalog_pb2.GetServiceResponse:
        """Gives one service."""
        async with self._database.read() as unit:
            service = await get_service(unit, request.code)
        return catalog_pb2.GetServiceResponse(service=render_service(service))

    async def SetPrices(  # noqa: N802 -- the name is the protocol's
        self,
        request: catalog_pb2.SetPricesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> catalog_pb2.SetPricesResponse:
        """Sets the three prices of a service."""

        async def operation(unit: UnitOfWork) -> catalog_pb2.SetPricesResponse:
            service = await set_prices(
                unit, identity=current_identity(), code=request.code, prices=_parse_prices(request.prices)
            )
            return catalog_pb2.SetPricesResponse(service=render_service(service))

        return await self._commands.run(request, catalog_pb2.SetPricesResponse, operation)

    async def ListBrands(  # noqa: N802 -- the name is the protocol's
        self,
        request: catalog_pb2.ListBrandsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> catalog_pb2.ListBrandsResponse:
        """Gives every brand."""
        async with self._database.read() as unit:
            brands = await list_brands(unit)
        return catalog_pb2.ListBrandsResponse(brands=[render_brand(brand) for brand in brands])

    async def ListChannels(  # noqa: N802 -- the name is the protocol's
        self,
        request: catalog_pb2.ListChannelsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> catalog_pb2.ListChannelsResponse:
        """Gives every channel."""
        async with self._database.read() as unit:
            channels = await list_channels(unit)
        return catalog_pb2.ListChannelsResponse(channels=[render_channel(channel) for channel in channels])


def _parse_prices(prices: catalog_pb2.MemberPrices) -> MemberPrices:
    return MemberPrices(
        premium_fen=prices.premium_fen if prices.HasField("premium_fen") else None,
        ordinary_fen=prices.ordinary_fen if prices.HasField("ordinary_fen") else None,
        non_member_fen=prices.non_member_fen if prices.HasField("non_member_fen") else None,
    )
