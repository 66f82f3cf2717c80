"""Liveness, readiness and metrics for supervisors and scrapers; no token, since probes have none."""

import asyncio
from typing import Literal

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import PlainTextResponse, Response

from carillon_chassis.telemetry import exposition
from carillon_gateway.http.exposition import merge_expositions
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.shapes import Answer
from carillon_gateway.http.problems import FieldProblem, ProblemResponse

router = APIRouter(tags=["operation"], route_class=GuardedRoute)

SERVING = "serving"


class Liveness(Answer):
    """The gateway answers."""

    status: Literal["alive"] = "alive"


class Readiness(Answer):
    """All five services serve."""

    status: Literal["ready"] = "ready"
    services: dict[str, str]


@router.get("/healthz", summary="Is the gateway alive")
async def get_liveness() -> Liveness:
    """Answers while the process runs, whatever the services do: restarting the gateway would not help them."""
    return Liveness()


@router.get("/readyz", summary="Do all services serve", response_model=Readiness)
async def get_readiness(call: CallDep) -> Readiness | Response:
    """Asks each service's gRPC health. 503 names those that do not serve."""
    services = await call.peers.health()
    away = {name: state for name, state in services.items() if state != SERVING}
    if not away:
        return Readiness(services=services)
    errors = [FieldProblem(field=name, rule="NOT_SERVING", detail=state) for name, state in away.items()]
    detail = f"not serving: {', '.join(away)}; look at their logs, or try again when they are up"
    return ProblemResponse(503, "NOT_READY", detail, errors=errors, headers={"retry-after": "2"})


@router.get("/metrics", summary="Metrics for Prometheus", response_class=PlainTextResponse)
async def get_metrics(call: CallDep) -> Response:
    """The gateway's own and each service's metrics, told apart by the label ``service``."""
    expositions = {"gateway": exposition(), **await call.peers.expositions()}
    # Some 200 kB of text to parse: in a thread, so that requests go on meanwhile.
    merged = await asyncio.to_thread(merge_expositions, expositions)
    return Response(merged, media_type=CONTENT_TYPE_LATEST)
