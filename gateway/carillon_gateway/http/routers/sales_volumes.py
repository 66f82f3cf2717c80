"""How much of what is sold where, over HTTP; svc-catalog counts."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from carillon.catalog.v1 import sales_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.sales_volumes import SalesVolumes, render_volumes
from carillon_gateway.http.models.shapes import ShortText

router = APIRouter(prefix="/api/v1/sales-volumes", tags=["orders"], route_class=GuardedRoute)


@router.get("", summary="Count sales")
async def count_sales(
    call: CallDep,
    service: Annotated[list[ShortText] | None, Query(max_length=100, description="Codes; all if absent")] = None,
    touchpoint: Annotated[list[ShortText] | None, Query(max_length=100, description="All if absent")] = None,
    branch: Annotated[list[ShortText] | None, Query(max_length=100, description="All if absent")] = None,
    first_day: Annotated[date | None, Query(description="Today if absent")] = None,
    last_day: Annotated[date | None, Query(description="Today if absent")] = None,
) -> SalesVolumes:
    """The registered volume per service, touch point and branch up to this moment (CHN-30, CHN-31, CHN-32).

    A branch sees its own alone: OTHER_BRANCH answers 403. SERVICE_UNKNOWN answers 404, DAYS_INVALID 422.
    """
    request = sales_pb2.CountSalesRequest(
        services=service or [],
        touchpoints=touchpoint or [],
        branches=branch or [],
        first_day=first_day.isoformat() if first_day else "",
        last_day=last_day.isoformat() if last_day else "",
    )
    return render_volumes(await invoke(call.peers.sales_counts.CountSales, request))
