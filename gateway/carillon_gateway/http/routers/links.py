"""Tracked links: the click is booked and the browser sent on; no token, since subscribers tap them."""

import hashlib
import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from carillon.campaign.v1 import campaign_pb2
from carillon.reward.v1 import affiliate_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound
from carillon_gateway.http.guard import Call, CallDep, GuardedRoute

router = APIRouter(tags=["links"], route_class=GuardedRoute)

TOKEN = re.compile(r"^[A-Za-z0-9]{6,40}$")
# An affiliate's token; a campaign's has eleven letters and digits, so one look tells whom to ask.
AFFILIATE_TOKEN = re.compile(r"^a[A-Za-z0-9]{12}$")


@router.get("/r/{token}", status_code=302, summary="Follow a tracked link", response_class=RedirectResponse)
async def follow_link(token: str, call: CallDep, request: Request) -> Response:
    """Books the click, as a response or for an affiliate, and redirects to the link's target. LINK_UNKNOWN answers 404."""
    if not TOKEN.match(token):
        raise NotFound(reason="LINK_UNKNOWN", field="token", detail="this link was never sent; check that it is whole")
    if AFFILIATE_TOKEN.match(token):
        return RedirectResponse(await _follow_affiliate(token, call, request), status_code=302)
    answer = await invoke(call.peers.links.FollowLink, campaign_pb2.FollowLinkRequest(token=token))
    return RedirectResponse(answer.target, status_code=302)


async def _follow_affiliate(token: str, call: Call, request: Request) -> str:
    """The target of an affiliate's link. Address and browser tell visitors apart, and leave the edge only hashed."""
    address = request.client.host if request.client else ""
    seen = f"{address}|{request.headers.get('user-agent', '')}"
    visitor = hashlib.sha256(seen.encode("utf-8", "surrogateescape")).hexdigest()
    asked = affiliate_pb2.FollowAffiliateLinkRequest(token=token, visitor=visitor)
    return (await invoke(call.peers.affiliates.FollowAffiliateLink, asked)).target
