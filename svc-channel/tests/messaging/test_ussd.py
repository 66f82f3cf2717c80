"""USSD over a real SMPP link: dialled sessions are answered on it, at once, and come back after a break."""

import asyncio
from typing import Any

import pytest

from carillon.channel.v1 import session_pb2, session_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.adapters.line import Outgoing, PartRefused
from svc_channel.adapters.smpp_peer import SmppPeer, SmppSettings
from svc_channel.adapters.smpp_values import LinkSettings
from svc_channel.main import build

from .house import Client, House, new_campaign, request, until
from .segment import number_of

PHONE = number_of(7).removeprefix("+")
DIALS, ANSWERS = 1, 18


async def turn(house: House, text: str, *, sequence: int, session: int = 5, phone: str = PHONE, **more: Any) -> None:
    """The phone dials or answers."""
    operation = DIALS if sequence == 0 else ANSWERS
    fields = {"to": "10086", "text": text, "session": session, "sequence": sequence, "operation": operation, **more}
    assert (await house.smsc.ask(op="ussd", **{"from": phone}, **fields))["ok"]


async def shown(house: House, count: int, *, session: int = 5, phone: str = PHONE) -> list[dict[str, Any]]:
    """What the phone was shown, once it was shown so much."""
    screens: list[dict[str, Any]] = []

    async def has_come() -> bool:
        nonlocal screens
        screens = (await house.smsc.ask(op="screens", session=session, **{"from": phone}))["screens"]
        return len(screens) >= count

    await until(has_come)
    return screens


async def test_a_dialled_session_is_answered_turn_by_turn_and_ends(house: House, client: Client) -> None:
    """CHN-12: pull. Operation 2 asks for an input, 17 is the last screen."""
    await turn(house, "*100*2#", sequence=0)
    [first] = await shown(house, 1)
    assert first["text"].startswith("Welcome\n1 Services")
    assert (first["operation"], first["sequence"], first["ends"]) == (2, 1, False)
    await turn(house, "6", sequence=2)
    assert (await shown(house, 2))[1]["text"].startswith("Choose by number")
    await turn(house, "00", sequence=4)
    await shown(house, 3)
    await turn(house, "0", sequence=6)
    last = (await shown(house, 4))[3]
    assert (last["text"], last["operation"], last["ends"]) == ("Thank you, goodbye", 17, True)
    assert await house.fetch("SELECT 1 FROM inbound") == []


async def test_a_chinese_menu_fits_its_screens_and_pages_through(house: House, client: Client) -> None:
    await turn(house, "*100#", sequence=0)
    await turn(house, "6", sequence=2)
    screens = await shown(house, 2)
    assert all(len(screen["text"]) <= 91 for screen in screens)
    assert "业务办理" in screens[0]["text"]


async def test_a_session_that_broke_off_is_resumed_under_the_networks_next_number(house: House, client: Client) -> None:
    await turn(house, "*100*2#", sequence=0)
    await turn(house, "6", sequence=2)
    await shown(house, 2)
    await turn(house, "", sequence=4, last=True)
    await turn(house, "*100*2#", sequence=0, session=6)
    [resumed] = await shown(house, 1, session=6)
    assert resumed["text"].startswith("Choose by number")


async def test_a_turn_that_the_network_repeats_has_the_same_screen(house: House, client: Client) -> None:
    await turn(house, "*100*2#", sequence=0)
    await shown(house, 1)
    await turn(house, "6", sequence=2)
    await shown(house, 2)
    await turn(house, "6", sequence=2)
    screens = await shown(house, 3)
    assert screens[1] == screens[2]


async def test_screens_do_not_wait_behind_bulk(house: House, serving: Serving) -> None:
    """At ten messages a second three hundred take half a minute; the screen is there while they wait."""
    await house.smsc.start()
    campaign = new_campaign()
    service = build(house.settings(rate_limit_per_second=10))
    async with serving(service) as channel:
        client = Client(channel)
        await client.submit(request(campaign, [(number, "hello") for number in range(1, 301)]))
        await turn(house, "*100*2#", sequence=0)
        await shown(house, 1)
        assert (await client.progress(campaign)).queued > 0
    await service.database.close()


async def test_many_phones_at_once_are_each_shown_their_own_session(house: House, client: Client) -> None:
    phones = [number_of(number).removeprefix("+") for number in range(100, 150)]
    await asyncio.gather(*(turn(house, "*100*2#", sequence=0, phone=phone) for phone in phones))
    for phone in phones:
        await shown(house, 1, phone=phone)
    rows = await house.fetch("SELECT count(DISTINCT peer) AS peers FROM session")
    assert rows == [{"peers": 50}]


async def test_a_turn_that_fails_is_said_on_the_screen(house: House, client: Client) -> None:
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("ALTER TABLE session RENAME TO elsewhere")
    await turn(house, "*100*2#", sequence=0)
    [busy] = await shown(house, 1)
    assert busy["ends"]
    assert "系统繁忙" in busy["text"]


async def test_a_pushed_menu_is_answered_in_the_session_that_the_network_opens_for_it(
    house: House, serving: Serving
) -> None:
    """CHN-12: push. Operation 2 without a session number; the answer, operation 18, brings one."""
    await house.smsc.start()
    service = build(house.settings())
    async with serving(service) as channel:
        stub = session_pb2_grpc.SessionServiceStub(channel)
        push = session_pb2.PushMenuRequest(request_id="push-1", msisdn=number_of(7), code="*100*2#")
        with acting_as(Identity(subject="ops", roles=frozenset({"branch_operator"}), branch="foshan")):
            answers = [await invoke(stub.PushMenu, push) for _ in range(2)]
        assert answers[0] == answers[1]
        [pushed] = await shown(house, 1, session=0)
        assert (pushed["text"], pushed["operation"]) == (answers[0].text, 2)
        await turn(house, "6", sequence=1, session=77)
        [answer] = await shown(house, 1, session=77)
        assert answer["text"].startswith("Choose by number")
        with acting_as(Identity(subject="p", roles=frozenset({"portal"}))), pytest.raises(PermissionRefused):
            await invoke(stub.PushMenu, push)
    await service.database.close()


async def test_a_ussd_notice_asks_for_nothing_and_one_too_long_is_refused(house: House) -> None:
    peer: SmppPeer[int] = SmppPeer(
        "smsc", SmppSettings(link=LinkSettings(host="x", port=1, system_id="x", password="x"))
    )
    fields = {"reference": 1, "channel": "ussd", "source": "10086", "destination": PHONE}
    [part] = peer.cut(Outgoing(text="You won", **fields))  # type: ignore[arg-type]  # one mapping for both
    assert (part.service_type, part.tlvs) == ("USSD", ((0x0501, b"\x03"),))
    with pytest.raises(PartRefused) as refused:
        peer.cut(Outgoing(text="长" * 92, **fields))  # type: ignore[arg-type]  # one mapping for both
    assert refused.value.reason == "TEXT_TOO_LONG"
