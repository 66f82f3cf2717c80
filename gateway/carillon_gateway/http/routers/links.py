"""Tracked links: the click is booked and the browser sent on; no token, since subscribers tap them."""

import re

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound
from carillon_gateway.http.guard import CallDep, GuardedRoute

router = APIRouter(tags=["links"], route_class=GuardedRoute)

TOKEN = re.compile(r"^[A-Za-z0-9]{6,40}$")


@router.get("/r/{token}", status_code=302, summary="Follow a tracked link", response_class=RedirectResponse)
async def follow_link(token: str, call: CallDep) -> Response:
    """Books the click as a response and redirects to the link's target. LINK_UNKNOWN answers 404."""
    if not TOKEN.match(token):
        raise NotFound(reason="LINK_UNKNOWN", field="token", detail="this link was never sent; check that it is whole")
    answer = await invoke(call.peers.links.FollowLink, campaign_pb2.FollowLinkRequest(token=token))
    return RedirectResponse(answer.target, status_code=302)
