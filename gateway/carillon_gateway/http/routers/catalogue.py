"""The catalogue of services over HTTP; svc-catalog keeps it."""

from typing import Annotated

from fastapi import APIRouter, Path

from carillon.catalog.v1 import catalog_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.catalogue import Service, Services, SetPrices, parse_prices, render_service
from carillon_gateway.http.models.shapes import ShortText
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1/services", tags=["catalogue"], route_class=GuardedRoute)
Code = Annotated[ShortText, Path(examples=["CRBT"])]


@router.get("", summary="List the services")
async def list_services(call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = "") -> Services:
    """The catalogue with the three member prices side by side (GWY-22)."""
    request = catalog_pb2.ListServicesRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.catalogue.ListServices, request)
    services = [render_service(service) for service in answer.services]
    return Services(services=services, next_page_token=answer.next_page_token)


@router.get("/{code}", summary="Look at a service")
async def get_service(code: Code, call: CallDep) -> Service:
    """One service. SERVICE_UNKNOWN answers 404."""
    answer = await invoke(call.peers.catalogue.GetService, catalog_pb2.GetServiceRequest(code=code))
    return render_service(answer.service)


@router.put("/{code}/prices", summary="Price a service")
async def set_prices(code: Code, body: SetPrices, call: CallDep) -> Service:
    """The three member prices that are quoted from now on (CAT-45); orders that stand keep their amounts."""
    request = parse_prices(code, body, request_id=call.request_id)
    return render_service((await invoke(call.peers.catalogue.SetPrices, request)).service)
