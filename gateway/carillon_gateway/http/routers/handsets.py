"""Sizing a handset subsidy and choosing its models over HTTP; svc-segment counts."""

from typing import Annotated

from fastapi import APIRouter, Query

from carillon.segment.v1 import membership_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.handsets import (
    HandsetModels,
    HandsetSizing,
    SizeHandsets,
    parse_sizing,
    render_models,
    render_sizing,
)
from carillon_gateway.http.models.shapes import ShortText
from carillon_gateway.http.routers.memberships import COUNT_TIMEOUT_SECONDS

router = APIRouter(prefix="/api/v1", tags=["segments"], route_class=GuardedRoute)


@router.post("/handset-sizings", summary="Size a handset subsidy")
async def size_handsets(body: SizeHandsets, call: CallDep) -> HandsetSizing:
    """From price and agreement to the spend it takes, who spends it and lacks a terminal, and so the handsets."""
    request = parse_sizing(body)
    return render_sizing(
        await invoke(call.peers.memberships.SizeHandsets, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    )


@router.get("/handset-models", summary="Rank the models that a subsidy may offer")
async def rank_handset_models(call: CallDep, branch: Annotated[ShortText, Query()] = "") -> HandsetModels:
    """Those that support the services, are in the group's library and of the price range, with price and market share."""
    request = membership_pb2.RankHandsetsRequest(branch=branch)
    return render_models(
        await invoke(call.peers.memberships.RankHandsets, request, timeout_seconds=COUNT_TIMEOUT_SECONDS)
    )
