"""Books an order that still needs the customer's confirmation; it must not begin a subscription."""

import dataclasses
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.end_lives import require_living
from svc_catalog.app.facts import OrderFacts
from svc_catalog.app.get_service import unknown_service
from svc_catalog.app.keep_outlets import get_outlet
from svc_catalog.app.name_touchpoint import name_touchpoint
from svc_catalog.app.permissions import HANDLING_ROLES
from svc_catalog.domain.order import Order, OrderSource, OrderState
from svc_catalog.store.ended_lives import hold_lives
from svc_catalog.store.orders import insert_order
from svc_catalog.store.services import has_service


async def place_order(
    unit: UnitOfWork,
    *,
    identity: Identity,
    facts: OrderFacts,
    order_id: UUID,
    at: datetime,
    subscriber_id: int,
    service: str,
    plan: str,
    amount_fen: int,
    source: OrderSource,
) -> Order:
    """Books the order in the caller's branch, pending confirmation (QGV-09), keeps where it came from (RWD-27), tells it.

    A subscriber who has the service already may order again: it is a purchase of its own.
    Raises NotFound SERVICE_UNKNOWN, TOUCHPOINT_UNKNOWN and OUTLET_UNKNOWN, PermissionRefused ROLE_MISSING, InvalidInput
    AMOUNT_OUT_OF_BOUNDS and OUTLET_ELSEWHERE, StateRefused LIFE_ENDED.
    """
    require_role(identity, *HANDLING_ROLES)
    await hold_lives(unit)
    await require_living(unit, subscriber_id)
    if not await has_service(unit, service):
        raise await unknown_service(unit, service, field="service")
    source = await _settle_source(unit, source, branch=identity.branch)
    order = Order(
        id=order_id,
        subscriber_id=subscriber_id,
        service=service,
        plan=plan,
        amount_fen=amount_fen,
        source=source,
        branch=identity.branch,
        state=OrderState.PENDING_CONFIRMATION,
        placed_at=at,
    )
    await insert_order(unit, order)
    await facts.order_placed(unit, order)
    return order


async def _settle_source(unit: UnitOfWork, source: OrderSource, *, branch: str) -> OrderSource:
    """The source with the touch point's code, whatever it was spelt; an outlet is one of that touch point (CHN-37)."""
    if not source.touchpoint and not source.outlet:
        return source
    code = await name_touchpoint(unit, source.touchpoint, field="source.touchpoint")
    if source.outlet:
        known = await get_outlet(unit, source.outlet, branch=branch, field="source.outlet")
        if known.outlet.touchpoint != code:
            raise InvalidInput(
                reason="OUTLET_ELSEWHERE",
                field="source.outlet",
                detail=f"{source.outlet} is of {known.outlet.touchpoint}, not of {code}",
            )
    return dataclasses.replace(source, touchpoint=code)
