"""Links that subscribers tap, and so without a client's token: clicks that are booked and sent on, and tones to hear."""

import hashlib
import re

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from carillon.campaign.v1 import campaign_pb2
from carillon.channel.v1 import hotline_pb2
from carillon.reward.v1 import affiliate_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound, StateRefused
from carillon_gateway.http.guard import Call, CallDep, GuardedRoute
from carillon_gateway.http.problems import Refusal

router = APIRouter(tags=["links"], route_class=GuardedRoute)

TOKEN = re.compile(r"^[A-Za-z0-9]{6,40}$")
# An affiliate's token; a campaign's has eleven letters and digits, so one look tells whom to ask.
AFFILIATE_TOKEN = re.compile(r"^a[A-Za-z0-9]{12}$")
AUDITION_TOKEN = re.compile(r"^[A-Za-z0-9_-]{30,80}$")
TAPPED = "请接听12530019来电,为您播放铃音。\n12530019 is calling you and will play the tone.\n"


@router.get("/r/{token}", status_code=302, summary="Follow a tracked link", response_class=RedirectResponse)
async def follow_link(token: str, call: CallDep, request: Request) -> Response:
    """Books the click, as a response or for an affiliate, and redirects to the link's target. LINK_UNKNOWN answers 404."""
    if not TOKEN.match(token):
        raise NotFound(reason="LINK_UNKNOWN", field="token", detail="this link was never sent; check that it is whole")
    if AFFILIATE_TOKEN.match(token):
        return RedirectResponse(await _follow_affiliate(token, call, request), status_code=302)
    answer = await invoke(call.peers.links.FollowLink, campaign_pb2.FollowLinkRequest(token=token))
    return RedirectResponse(answer.target, status_code=302)


@router.get("/a/{token}", summary="Tap an audition link", response_class=PlainTextResponse)
async def tap_audition(token: str, call: CallDep) -> Response:
    """The phone that the link was made for rings and plays the tone (CHN-07, CHN-08), once in ten minutes.

    LINK_UNKNOWN answers 404, LINK_EXPIRED 410, TAPPED_TOO_OFTEN 429.
    """
    if not AUDITION_TOKEN.match(token):
        raise NotFound(reason="LINK_UNKNOWN", field="token", detail="this link was never sent; check that it is whole")
    try:
        await invoke(call.peers.hotline.TapAuditionLink, hotline_pb2.TapAuditionLinkRequest(token=token))
    except StateRefused as error:
        if error.reason == "LINK_EXPIRED":
            raise Refusal(410, error.reason, error.detail) from error
        raise
    return PlainTextResponse(TAPPED, headers={"cache-control": "no-store"})


async def _follow_affiliate(token: str, call: Call, request: Request) -> str:
    """The target of an affiliate's link. Address and browser tell visitors apart, and leave the edge only hashed."""
    address = request.client.host if request.client else ""
    seen = f"{address}|{request.headers.get('user-agent', '')}"
    visitor = hashlib.sha256(seen.encode("utf-8", "surrogateescape")).hexdigest()
    asked = affiliate_pb2.FollowAffiliateLinkRequest(token=token, visitor=visitor)
    return (await invoke(call.peers.affiliates.FollowAffiliateLink, asked)).target
