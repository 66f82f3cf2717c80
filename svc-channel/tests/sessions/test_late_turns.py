"""Turns that come again after later ones, over real gRPC and PostgreSQL: a retry held back is no new input."""

import json

from carillon.channel.v1 import session_pb2
from svc_channel.domain.sessions.turn import PAST_TURNS

from .desk import Desk
from .test_session_turns import rows


async def test_an_older_turn_that_comes_again_late_is_no_new_input(desk: Desk) -> None:
    """A retry that a proxy held back must not be the yes to an order that is quoted by now."""
    await desk.begin(request_id="dialled")
    await desk.turn("1", request_id="listed")
    quoted = await desk.turn("1", request_id="quoted")
    for late, kind in (("listed", session_pb2.TURN_KIND_INPUT), ("dialled", session_pb2.TURN_KIND_BEGIN)):
        again = await desk.turn("1", request_id=late, kind=kind)
        assert (again.text, again.session_id, again.ends) == (quoted.text, quoted.session_id, False)
    assert desk.suite.orders == {}
    done = await desk.turn("1", request_id="yes")
    # Of a session that has ended too, and it is not asked anew.
    for late in ("listed", "quoted", "yes"):
        assert (await desk.turn("1", request_id=late)).text == done.text
    assert len(desk.suite.orders) == 1


async def test_the_keys_of_a_session_are_forgotten_when_its_number_is_used_for_the_next(desk: Desk) -> None:
    for _ in range(2):
        await desk.begin(request_id="0")
        assert (await desk.turn("1", request_id="1")).text.startswith("Choose a service")
        assert (await desk.turn("0", request_id="2")).text.startswith("Welcome")
        assert (await desk.turn("0", request_id="3")).ends


async def test_a_session_remembers_its_latest_keys_alone(desk: Desk) -> None:
    await desk.begin()
    for number in range(PAST_TURNS * 2):
        await desk.turn("1" if number % 2 == 0 else "0", request_id=f"k{number}")
    [kept] = await rows(desk)
    assert len(json.loads(kept["state"])["past"]) == PAST_TURNS
