"""Turns over real gRPC and PostgreSQL: orders with prices, repeated turns, time-outs, resuming, and peers away."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from carillon.channel.v1 import session_pb2
from carillon.reward.v1 import ledger_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock, SystemClock
from carillon_chassis.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build
from svc_channel.settings import Settings
from svc_channel.worker.session_sweeper import SessionSweeper

from .desk import ADMIN, Desk
from .suite import STRANGER, campaign
from .talker import DRAW
from .test_menus_as_data import SMALL

ABORT = session_pb2.TURN_KIND_ABORT


async def rows(desk: Desk, query: str = "SELECT * FROM session ORDER BY number") -> list[dict[str, Any]]:
    """Rows straight from the database."""
    async with desk.database.read() as unit:
        return [dict(row) for row in await unit.driver.fetch(query)]


async def age(desk: Desk, seconds: int) -> None:
    """Lets the kept sessions grow older."""
    async with desk.database.unit_of_work() as unit:
        await unit.driver.execute(
            "UPDATE session SET live_until = live_until - $1::interval, kept_until = kept_until - $1::interval",
            timedelta(seconds=seconds),
        )


async def test_a_subscriber_orders_a_service_after_seeing_its_three_prices(desk: Desk) -> None:
    """CHN-33: premium, ordinary and non-member price stand on the screen that is confirmed."""
    assert (await desk.begin()).text.startswith("Welcome\n1 Services")
    assert (await desk.turn("1")).text.startswith("Choose a service\n1 Ring-back tone\n2 Mobile newspaper")
    quoted = await desk.turn("1")
    assert "Premium member CNY 3, ordinary member CNY 4, non-member CNY 5.50\nYour price: CNY 5.50" in quoted.text
    assert desk.suite.orders == {}
    done = await desk.turn("1")
    assert (done.text, done.ends) == ("Ring-back tone is now active", True)
    [order] = desk.suite.orders.values()
    assert (order.subscriber_id, order.service, order.source.touchpoint) == (7, "CRBT", "ussd")
    assert len(desk.suite.confirmed) == 1


@pytest.mark.parametrize(("member", "own", "fen"), [("PREMIUM", "3", 300), ("ordinary", "4", 400), ("", "5.50", 550)])
async def test_an_order_carries_the_price_that_this_subscriber_was_quoted(
    desk: Desk, member: str, own: str, fen: int
) -> None:
    """CAT-45: the price of the level, as it stood on the screen, even when it is another by the time of the yes."""
    desk.suite.members = {7: member}
    await desk.begin()
    await desk.turn("1")
    assert f"Your price: CNY {own}\n" in (await desk.turn("1")).text
    desk.suite.members = {7: "nonsense"}
    assert (await desk.turn("1")).text == "Ring-back tone is now active"
    assert [order.amount_fen for order in desk.suite.orders.values()] == [fen]


async def test_a_service_without_prices_is_quoted_as_published_and_ordered_without_an_amount(desk: Desk) -> None:
    """A-32: no document prints a price, so none is made up."""
    desk.suite.members = {7: "PREMIUM"}
    await desk.begin()
    await desk.turn("1")
    quoted = await desk.turn("2")
    assert quoted.text.startswith("Mobile newspaper\nPremium member as published, ordinary member as published")
    assert "Your price" not in quoted.text
    await desk.turn("1")
    assert [order.amount_fen for order in desk.suite.orders.values()] == [0]


async def test_a_price_quoted_before_another_service_was_looked_at_is_not_taken_for_it(desk: Desk) -> None:
    await desk.begin()
    await desk.turn("1")
    await desk.turn("1")
    await desk.turn("0")
    await desk.turn("2")
    await desk.turn("1")
    assert [(order.service, order.amount_fen) for order in desk.suite.orders.values()] == [("NEWSPAPER", 0)]


async def test_a_repeated_turn_shows_the_same_screen_and_orders_once(desk: Desk) -> None:
    for text in ("", "1", "1"):
        await (desk.turn(text) if text else desk.begin())
    answers = [await desk.turn("1", request_id="the-order") for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert len(desk.suite.orders) == 1
    assert len(desk.suite.confirmed) == 1


async def test_the_same_turn_twice_at_once_orders_once(desk: Desk) -> None:
    for text in ("", "1", "1"):
        await (desk.turn(text) if text else desk.begin())
    answers = await asyncio.gather(*(desk.turn("1", request_id="the-order") for _ in range(5)))
    assert {answer.text for answer in answers} == {"Ring-back tone is now active"}
    assert len(desk.suite.orders) == 1


async def test_two_replicas_that_get_the_same_turn_order_once_and_show_the_same(
    desk: Desk, settings: Settings, serving: Serving
) -> None:
    """The key of an action comes from its session and turn, so whoever does it again only repeats it."""
    for text in ("", "1", "1"):
        await (desk.turn(text) if text else desk.begin())
    service = build(settings)
    async with serving(service, with_workers=False) as channel:
        other = Desk(channel=channel, suite=desk.suite, database=desk.database)
        answers = await asyncio.gather(*(one.turn("1", request_id="the-order") for one in (desk, other, desk, other)))
    await service.database.close()
    assert {answer.text for answer in answers} == {"Ring-back tone is now active"}
    assert len(desk.suite.orders) == 1


async def test_a_peer_that_is_away_is_said_in_words_and_nothing_is_claimed(desk: Desk) -> None:
    await desk.begin()
    desk.suite.away = True
    away = await desk.turn("2")
    assert away.text.startswith("We are busy and nothing was done")
    assert not away.ends
    desk.suite.away = False
    assert (await desk.turn("0")).text.startswith("Welcome")
    desk.suite.balances = [ledger_pb2.Balance(currency="m_value", amount=120, held=20)]
    assert "m_value: 100" in (await desk.turn("2")).text


async def test_an_order_whose_fate_is_unknown_is_not_called_undone(desk: Desk) -> None:
    for text in ("", "1", "1"):
        await (desk.turn(text) if text else desk.begin())
    desk.suite.away = True
    unsure = await desk.turn("1")
    assert unsure.text.startswith("We are busy and do not know yet")
    assert not unsure.ends


async def test_a_session_that_broke_off_goes_on_where_it_was_and_starts_anew_later(desk: Desk) -> None:
    await desk.begin()
    await desk.turn("1")
    assert (await desk.turn(kind=ABORT)).ends
    resumed = await desk.begin(session="2")
    assert resumed.text.startswith("Choose a service")
    assert (await desk.turn("2", session="2")).text.startswith("Mobile newspaper")
    await age(desk, 700)
    assert (await desk.begin(session="3")).text.startswith("Welcome")


async def test_a_silent_session_times_out_and_its_next_input_shows_where_it_was(desk: Desk) -> None:
    await desk.begin()
    await desk.turn("1")
    await age(desk, 200)
    assert (await desk.turn("1", code="*100*2#")).text.startswith("Choose a service")
    assert desk.suite.orders == {}


async def test_the_networks_session_number_is_used_again_by_others_and_by_the_same_phone(desk: Desk) -> None:
    await desk.begin()
    await desk.turn("1")
    other = await desk.begin(msisdn="+8613800000008")
    assert other.text.startswith("Welcome")
    assert (await desk.turn("0")).text.startswith("Welcome")
    assert (await desk.turn("0")).ends
    assert (await desk.begin()).text.startswith("Welcome")


async def test_an_abort_of_nothing_is_nothing(desk: Desk) -> None:
    gone = await desk.turn(kind=ABORT)
    assert (gone.session_id, gone.text, gone.ends) == ("", "", True)
    assert await rows(desk) == []


async def test_a_number_of_nobody_can_look_but_not_order(desk: Desk) -> None:
    await desk.begin(msisdn=STRANGER)
    for text in ("1", "1"):
        await desk.turn(text, msisdn=STRANGER)
    refused = await desk.turn("1", msisdn=STRANGER)
    assert refused.text.startswith("Your number is not registered here")
    assert desk.suite.orders == {}


async def test_comments_and_sign_ins_become_events_of_the_subscriber(desk: Desk) -> None:
    """CHN-27: what campaigns name as a response event."""
    await desk.begin()
    assert (await desk.turn("4")).text.startswith("You are signed in")
    await desk.turn("00")
    await desk.turn("5")
    assert (await desk.turn("a fine tone")).text.startswith("Thank you")
    told = [(event.msisdn, event.type, dict(event.attributes)) for event in desk.suite.events]
    assert told == [
        ("+8613800000007", "sign_in", {"channel": "ussd"}),
        ("+8613800000007", "comment", {"text": "a fine tone", "channel": "ussd"}),
    ]


async def test_a_vote_and_a_draw_stand_on_a_menu_and_are_done_once_each(desk: Desk) -> None:
    choices = [{"label": "Vote", "to": "vote"}, {"label": "Draw", "to": "enter"}]
    nodes = {
        "home": {"kind": "menu", "text": "Play", "choices": choices},
        "vote": {"kind": "action", "action": "vote", "arguments": {"choice": "singer-1"}},
        "enter": {"kind": "action", "action": "enter_draw", "arguments": {"draw": DRAW}},
    }
    definition = {"name": "play", "language": "en", "start": "home", "codes": ["*201#"], "nodes": nodes}
    request = session_pb2.PutMenuRequest(request_id="put-1", definition=json.dumps(definition))
    with acting_as(ADMIN):
        await invoke(desk.sessions.PutMenu, request)
    await desk.begin(code="*201#")
    assert (await desk.turn("1")).text.startswith("Your vote")
    await desk.turn("00")
    entered = [(await desk.turn("2", request_id="enter")).text for _ in range(2)]
    assert entered[0].startswith("You are in the draw. Good luck")
    assert len(set(entered)) == 1
    [event] = desk.suite.events
    assert (event.type, dict(event.attributes)) == ("vote", {"choice": "singer-1", "channel": "ussd"})
    assert [(draw, subscriber) for draw, subscriber, _ in desk.suite.tickets] == [(DRAW, 7)]


async def test_every_provincial_campaign_that_runs_is_on_the_menu(desk: Desk) -> None:
    """CHN-22, for the channels that need no robot."""
    desk.suite.campaigns = [campaign(1, "Summer"), campaign(2, "Of one city", branch="foshan"), campaign(3, "Autumn")]
    await desk.begin()
    listed = await desk.turn("3")
    assert listed.text.split("\n")[1:3] == ["1 Summer", "2 Autumn"]
    assert "Autumn\nhttp://example.com/c" in (await desk.turn("2")).text


async def test_the_operators_menu_answers_from_its_next_turn_on(desk: Desk) -> None:
    definition = SMALL | {"codes": ["*200#"]}
    request = session_pb2.PutMenuRequest(request_id="put-1", definition=json.dumps(definition))
    with acting_as(ADMIN):
        assert (await invoke(desk.sessions.PutMenu, request)).menu.version == 1
        assert (await invoke(desk.sessions.PutMenu, request)).menu.version == 1
        listed = await invoke(desk.sessions.ListMenus, session_pb2.ListMenusRequest())
        got = await invoke(desk.sessions.GetMenu, session_pb2.GetMenuRequest(name="small"))
    assert {"main-zh", "main-en", "small"} <= {menu.name for menu in listed.menus}
    assert json.loads(got.menu.definition)["codes"] == ["*200#"]
    assert (await desk.begin(code="*200#")).text.startswith("Hello")


@pytest.mark.parametrize(
    ("definition", "error", "reason"),
    [
        ("no json", InvalidInput, "MENU_UNREADABLE"),
        (json.dumps(SMALL | {"start": "gone"}), InvalidInput, "NODE_UNKNOWN"),
        (json.dumps(SMALL | {"codes": ["*100#"]}), Conflict, "CODE_TAKEN"),
    ],
)
async def test_a_menu_that_can_not_stand_is_refused(desk: Desk, definition: str, error: Any, reason: str) -> None:
    request = session_pb2.PutMenuRequest(request_id="put-1", definition=definition)
    with acting_as(ADMIN), pytest.raises(error) as refused:
        await invoke(desk.sessions.PutMenu, request)
    assert refused.value.reason == reason
    with pytest.raises(NotFound):
        await invoke(desk.sessions.GetMenu, session_pb2.GetMenuRequest(name="small"))


async def test_only_the_province_changes_menus(desk: Desk) -> None:
    request = session_pb2.PutMenuRequest(request_id="put-1", definition=json.dumps(SMALL))
    branch = Identity(subject="b", roles=frozenset({"branch_operator"}), branch="foshan")
    with acting_as(branch), pytest.raises(PermissionRefused):
        await invoke(desk.sessions.PutMenu, request)


async def test_a_sessions_row_stays_small_and_goes_when_it_can_not_be_resumed(desk: Desk) -> None:
    await desk.begin()
    await desk.turn("1")
    [size] = await rows(desk, "SELECT pg_column_size(session.*) AS octets FROM session")
    assert size["octets"] < 1_000
    sweeper = SessionSweeper(database=desk.database, clock=SystemClock())
    await sweeper.step()
    assert len(await rows(desk)) == 1
    later = SystemClock().now() + timedelta(hours=1)
    await SessionSweeper(database=desk.database, clock=FixedClock(later)).step()
    assert await rows(desk) == []
