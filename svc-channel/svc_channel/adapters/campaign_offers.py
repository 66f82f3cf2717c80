"""The campaigns that run now, as menus show them, read anew every few seconds; changes none."""

from collections.abc import Callable
from typing import Final

import grpc

from carillon.campaign.v1 import campaign_pb2, campaign_pb2_grpc
from carillon_chassis.client import invoke

TIMEOUT_SECONDS: Final = 5.0
# A campaign that starts is on every menu after so long.
FRESH_SECONDS: Final = 5.0
PAGE_SIZE: Final = 200
# The newest first: what runs is among the last thousand plans.
PAGES: Final = 5
# A menu with more would be read by nobody; the newest stay.
CAMPAIGNS_LIMIT: Final = 60


class CampaignOffers:
    """Running campaigns, the newest first."""

    def __init__(self, channel: grpc.aio.Channel, *, monotonic: Callable[[], float]) -> None:
        self._stub = campaign_pb2_grpc.CampaignServiceStub(channel)
        self._monotonic = monotonic
        self._running: list[campaign_pb2.Campaign] = []
        self._read_at = float("-inf")

    async def running(self, branch: str) -> list[campaign_pb2.Campaign]:
        """The province's campaigns, which every menu carries (CHN-22), and the branch's own. Raises Unavailable."""
        found = [campaign for campaign in await self._read() if campaign.branch in {"", branch}]
        return found[:CAMPAIGNS_LIMIT]

    async def _read(self) -> list[campaign_pb2.Campaign]:
        now = self._monotonic()
        if now - self._read_at < FRESH_SECONDS:
            return self._running
        running: list[campaign_pb2.Campaign] = []
        token = ""
        for _ in range(PAGES):
            request = campaign_pb2.ListCampaignsRequest(page_size=PAGE_SIZE, page_token=token)
            page = await invoke(self._stub.ListCampaigns, request, timeout_seconds=TIMEOUT_SECONDS)
            running += [one for one in page.campaigns if one.state == campaign_pb2.CAMPAIGN_STATE_RUNNING]
            token = page.next_page_token
            if not token:
                break
        self._running, self._read_at = running, now
        return running
