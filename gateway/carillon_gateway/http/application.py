"""Puts the HTTP application together from its routers; main alone gives it what it works with."""

import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from carillon_gateway.http.envelope import Envelope
from carillon_gateway.http.guard import Guard
from carillon_gateway.http.openapi import describe
from carillon_gateway.http.problems import render_error
from carillon_gateway.http.routers import (
    activities,
    affiliates,
    audit,
    callbacks,
    campaigns,
    catalogue,
    classifications,
    commissions,
    docs,
    draws,
    events,
    fulfilments,
    grants,
    group_buys,
    handsets,
    hotline,
    knowledge,
    ledger,
    links,
    matches,
    member_discounts,
    memberships,
    messages,
    orders,
    outlets,
    prizes,
    probes,
    redemptions,
    referrals,
    resources,
    reward_reports,
    robots,
    sales,
    sales_volumes,
    scripts,
    segments,
    sessions,
    settlements,
    snapshots,
    subscribers,
    subsidies,
    tags,
    templates,
    texting,
    tokens,
    vouchers,
    wap,
)

# The busiest first: a request is matched against one after the other.
ROUTERS = (
    links.router,
    orders.router,
    events.router,
    activities.router,
    robots.router,
    sessions.router,
    tokens.router,
    catalogue.router,
    outlets.router,
    subscribers.router,
    messages.router,
    templates.router,
    snapshots.router,
    memberships.router,
    handsets.router,
    segments.router,
    matches.router,
    scripts.router,
    tags.router,
    classifications.router,
    campaigns.router,
    ledger.router,
    audit.router,
    affiliates.router,
    commissions.router,
    grants.router,
    settlements.router,
    draws.router,
    prizes.router,
    redemptions.router,
    reward_reports.router,
    fulfilments.router,
    sales.router,
    sales_volumes.router,
    group_buys.router,
    vouchers.router,
    referrals.router,
    member_discounts.router,
    subsidies.router,
    callbacks.router,
    resources.router,
    hotline.router,
    texting.router,
    wap.router,
    knowledge.router,
    probes.router,
    docs.router,
)

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def make_application(guard: Guard, *, ids: Callable[[], uuid.UUID], version: str, lifespan: Lifespan) -> FastAPI:
    """The application with its routers, its errors and its document."""
    app = FastAPI(
        title="Carillon",
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.guard = guard
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_error)
    app.add_middleware(Envelope, ids=ids)
    document = None

    def openapi() -> dict[str, object]:
        nonlocal document
        if document is None:
            document = describe(app)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name: short, stable, and what the table of permissions uses."""
    return route.name


async def _answer_error(_: Request, error: Exception) -> Response:
    return render_error(error)
