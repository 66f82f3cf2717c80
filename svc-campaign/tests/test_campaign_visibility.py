"""Who sees which campaigns, and how they are listed."""

import asyncio

import pytest

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import Identity

from .desk import ADMIN, APPROVER, AUDITOR, MAKER, NEIGHBOUR, PORTAL, Desk


async def test_a_branch_neither_sees_nor_touches_anothers_campaign(desk: Desk) -> None:
    campaign_id = (await desk.create()).id
    attempts = [
        desk.get(campaign_id, who=NEIGHBOUR),
        desk.call("GetReport", campaign_pb2.GetReportRequest(id=campaign_id), who=NEIGHBOUR),
        desk.step("Submit", campaign_id, who=NEIGHBOUR),
        desk.step("Launch", campaign_id, who=NEIGHBOUR),
    ]
    for refused in await asyncio.gather(*attempts, return_exceptions=True):
        assert isinstance(refused, NotFound)
    listed = await desk.call("ListCampaigns", campaign_pb2.ListCampaignsRequest(), who=NEIGHBOUR)
    assert not listed.campaigns


@pytest.mark.parametrize("who", [MAKER, ADMIN, APPROVER, AUDITOR])
async def test_the_own_branch_and_the_province_see_a_campaign(desk: Desk, who: Identity) -> None:
    campaign_id = (await desk.create()).id
    assert (await desk.get(campaign_id, who=who)).id == campaign_id


async def test_who_has_no_part_in_campaigns_sees_none(desk: Desk) -> None:
    campaign_id = (await desk.create()).id
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await desk.get(campaign_id, who=PORTAL)


async def test_campaigns_are_listed_newest_first_page_by_page_and_by_name(desk: Desk) -> None:
    names = ["one", "two", "three", "two"]
    made = [(await desk.create(name=name)).id for name in names]
    seen: list[str] = []
    token = ""
    while True:
        request = campaign_pb2.ListCampaignsRequest(page_size=3, page_token=token)
        page = await desk.call("ListCampaigns", request)
        seen += [campaign.id for campaign in page.campaigns]
        token = page.next_page_token
        if not token:
            break
    assert seen == made[::-1]
    named = await desk.call("ListCampaigns", campaign_pb2.ListCampaignsRequest(name="two"))
    assert [campaign.id for campaign in named.campaigns] == [made[3], made[1]]


async def test_a_token_of_somebody_elses_making_is_refused(desk: Desk) -> None:
    for token in ("nonsense", "WzFd"):
        with pytest.raises(InvalidInput, match="PAGE_TOKEN_INVALID"):
            await desk.call("ListCampaigns", campaign_pb2.ListCampaignsRequest(page_token=token))
