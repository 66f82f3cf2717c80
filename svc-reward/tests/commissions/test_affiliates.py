"""Affiliates, links, clicks and what an affiliate may see (GWY-10, RWD-13, RWD-14, RWD-24), over gRPC and PostgreSQL."""

import asyncio
import re
from uuid import UUID

import pytest

from carillon_chassis.errors import Conflict, InvalidInput, NotFound, PermissionRefused

from .desk import AUDITOR, MAKER, NORTH, PORTAL, RIVAL, Desk

CAMPAIGN_TOKEN = re.compile(r"^[0-9A-Za-z]{11}$")


async def test_registration_gives_an_id_and_the_same_request_the_same_id(desk: Desk) -> None:
    first = await desk.register("", "individual", key="k")
    assert UUID(first.id).version == 7
    assert first.registered_by == "poco-client"
    assert (await desk.register("", "individual", key="k")).id == first.id
    assert await desk.affiliate(first.id) == first


async def test_an_id_is_given_once(desk: Desk) -> None:
    await desk.register("poco")
    with pytest.raises(Conflict) as refusal:
        await desk.register("poco", by=RIVAL)
    assert refusal.value.reason == "AFFILIATE_EXISTS"


@pytest.mark.parametrize("kind", ["hall", "outlet", "campus", "partner"])
async def test_halls_outlets_campuses_and_partners_are_registered_by_the_operator(desk: Desk, kind: str) -> None:
    with pytest.raises(PermissionRefused) as refusal:
        await desk.register("h-1", kind)
    assert refusal.value.reason == "KIND_RESERVED"
    assert (await desk.register("h-1", kind, by=MAKER)).id == "h-1"


async def test_an_affiliate_is_seen_by_itself_its_branch_and_the_province_and_by_nobody_else(desk: Desk) -> None:
    await desk.register("poco")
    await desk.register("campus-1", "campus", by=NORTH)
    for by in (MAKER, AUDITOR):
        assert (await desk.affiliate("poco", by=by)).id == "poco"
    assert (await desk.affiliate("campus-1", by=NORTH)).branch == "north"
    for affiliate_id, by in (("poco", RIVAL), ("poco", NORTH), ("campus-1", RIVAL), ("nobody", MAKER)):
        with pytest.raises(NotFound) as refusal:
            await desk.affiliate(affiliate_id, by=by)
        assert refusal.value.reason == "AFFILIATE_UNKNOWN"
    with pytest.raises(PermissionRefused):
        await desk.affiliate("poco", by=PORTAL)
    for call in (desk.link(by=RIVAL), desk.events(by=RIVAL), desk.statement(by=RIVAL)):
        with pytest.raises(NotFound):
            await call


async def test_a_links_token_looks_like_no_campaigns_and_leads_to_its_target(desk: Desk) -> None:
    await desk.register()
    token = await desk.link()
    assert re.fullmatch(r"a[0-9A-Za-z]{12}", token)
    assert not CAMPAIGN_TOKEN.match(token)
    assert await desk.click(token) == "https://portal.example/crbt?from=poco"
    assert await desk.link() != token


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "//evil.example", "ftp://x.example", "https://", "https:// x"]
)
async def test_a_link_leads_only_to_a_web_address(desk: Desk, target: str) -> None:
    await desk.register()
    with pytest.raises(InvalidInput):
        await desk.link(target=target)


async def test_an_unknown_link_books_nothing(desk: Desk) -> None:
    with pytest.raises(NotFound) as refusal:
        await desk.click("aNobody123456")
    assert refusal.value.reason == "LINK_UNKNOWN"


async def test_a_visitors_clicks_on_a_link_earn_once_a_day_and_all_are_shown(desk: Desk) -> None:
    await desk.register()
    await desk.policy(commission_kind=1)
    token, other = await desk.link(), await desk.link()
    await asyncio.gather(*(desk.click(token, "visitor-1") for _ in range(5)))
    await desk.click(token, "visitor-2")
    await desk.click(other, "visitor-1")
    await desk.price()
    assert sorted(await desk.outcomes()) == [("PRICED", 100)] * 3 + [("REPEATED_CLICK", 0)] * 4
    desk.pass_days(1)
    await desk.click(token, "visitor-1")
    await desk.price()
    assert (await desk.outcomes()).count(("PRICED", 100)) == 4
    assert "visitor" not in str(await desk.events())


async def test_an_experience_counts_once_and_only_the_portal_tells_it(desk: Desk) -> None:
    await desk.register()
    assert await desk.experience("v-1", "v-2") == 2
    assert await desk.experience("v-2", "v-3") == 1
    with pytest.raises(PermissionRefused):
        await desk.experience("v-4", by=RIVAL)
    with pytest.raises(NotFound):
        await desk.experience("v-4", affiliate_id="nobody")


async def test_an_order_counts_once_and_one_of_an_unknown_affiliate_for_nobody(desk: Desk) -> None:
    await desk.register()
    await desk.policy()
    await desk.order("o-1")
    await desk.order("o-1")
    await desk.order("o-2", "nobody")
    await desk.order("o-3", "")
    assert await desk.price() == 1
    assert await desk.outcomes() == [("PRICED", 100)]


async def test_the_feed_goes_on_where_it_ended_and_never_names_a_subscriber(desk: Desk) -> None:
    await desk.register()
    await desk.policy()
    for number in range(5):
        await desk.order(f"o-{number}", subscriber_id=4_000_000_007)
    assert list((await desk.events()).events) == []
    await desk.price()
    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        answer = await desk.events(cursor=cursor, page_size=2)
        seen += [event.id for event in answer.events]
        cursor = answer.cursor
    assert seen == [f"order:o-{number}" for number in range(5)]
    await desk.order("o-5")
    await desk.price()
    assert [event.id for event in (await desk.events(cursor=cursor)).events] == ["order:o-5"]
    assert "4000000007" not in str(await desk.events()) + str(await desk.statement())
    with pytest.raises(InvalidInput):
        await desk.events(cursor="WyJ4Il0")
