"""Serves LinkService: books a click and answers where it leads; it must not say who clicked."""

from typing import Any

import grpc

from carillon.campaign.v1 import campaign_pb2, campaign_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_campaign.app.follow_link import follow_link
from svc_campaign.app.tally import Tally

Context = grpc.aio.ServicerContext[Any, Any]


class LinkServicer(campaign_pb2_grpc.LinkServiceServicer):
    """Tracked links over gRPC; anybody who holds a link may follow it."""

    def __init__(self, *, database: Database, clock: Clock, tally: Tally) -> None:
        self._database = database
        self._clock = clock
        self._tally = tally

    async def FollowLink(  # noqa: N802 -- the name is the protocol's
        self,
        request: campaign_pb2.FollowLinkRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> campaign_pb2.FollowLinkResponse:
        """The plan's own target, unchanged: nothing in it tells campaign, arm or subscriber."""
        async with self._database.unit_of_work() as unit:
            click = await follow_link(unit, token=request.token, at=self._clock.now())
        if click.booked:
            self._tally.count_responses(1, route="link")
        return campaign_pb2.FollowLinkResponse(target=click.target)
