"""Serves SalesService: parses, calls a use case, renders; it must not hold rules."""

from typing import Any

import grpc

from carillon.catalog.v1 import sales_pb2, sales_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.identity import current_identity
from svc_catalog.api.days import operators_day, parse_day
from svc_catalog.app.count_sales import count_sales
from svc_catalog.domain.sales import SalesCount, SalesQuestion

Context = grpc.aio.ServicerContext[Any, Any]


class SalesServicer(sales_pb2_grpc.SalesServiceServicer):
    """Sales over gRPC."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def CountSales(  # noqa: N802 -- the name is the protocol's
        self,
        request: sales_pb2.CountSalesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> sales_pb2.CountSalesResponse:
        """Gives the registered volume."""
        today = operators_day(self._clock.now()).isoformat()
        question = SalesQuestion(
            first=parse_day(request.first_day or today, reason="DAYS_INVALID", field="first_day"),
            last=parse_day(request.last_day or today, reason="DAYS_INVALID", field="last_day"),
            services=tuple(request.services),
            touchpoints=tuple(request.touchpoints),
            branches=tuple(request.branches),
        )
        async with self._database.read() as unit:
            counts = await count_sales(unit, question, identity=current_identity())
        return sales_pb2.CountSalesResponse(
            rows=[_render_count(count) for count in counts],
            first_day=question.first.isoformat(),
            last_day=question.last.isoformat(),
        )


def _render_count(count: SalesCount) -> sales_pb2.SalesRow:
    return sales_pb2.SalesRow(
        service=count.service,
        touchpoint=count.touchpoint,
        branch=count.branch,
        ordered=count.ordered,
        active=count.active,
        cancelled=count.cancelled,
    )
