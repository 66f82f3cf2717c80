"""Many people's messages in one call, of whom one can't be answered, or not in time."""

import asyncio

import pytest

from carillon.channel.v1 import robot_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import LimitExceeded
from carillon_chassis.identity import acting_as
from svc_channel.api import robot_servicer
from svc_channel.app.turns import Taken
from svc_channel.domain.sessions.turn import Turn
from svc_channel.worker.turn_desk import TurnDesk

from .talker import PORTAL, Talk

SLOW = "visitor-1"


async def say_all(talk: Talk) -> list[robot_pb2.TakeRobotMessageResponse]:
    """Three people who ask for the menu at once."""
    sayings = [
        robot_pb2.RobotSaying(request_id=str(number), text="菜单", **{"from": f"visitor-{number}"})
        for number in range(3)
    ]
    with acting_as(PORTAL):
        request = robot_pb2.TakeRobotMessagesRequest(robot_id="gz-1", sayings=sayings)
        return list((await invoke(talk.robots.TakeRobotMessages, request)).replies)


async def test_one_that_is_refused_takes_nobody_elses_answer(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    take = TurnDesk.take

    async def refusing(self: TurnDesk, turn: Turn) -> Taken:
        if turn.peer == SLOW:
            raise LimitExceeded(reason="CROWDED", detail="too many turns wait")
        return await take(self, turn)

    monkeypatch.setattr(TurnDesk, "take", refusing)
    replies = await say_all(talk)
    assert [reply.kind for reply in replies] == ["menu", "", "menu"]
    assert (replies[1].refusal.code, replies[1].refusal.reason) == (8, "CROWDED")


async def test_one_that_is_late_is_finished_and_kept_for_its_repetition(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, go_on = TurnDesk.take, asyncio.Event()

    async def waiting(self: TurnDesk, turn: Turn) -> Taken:
        if turn.peer == SLOW:
            await go_on.wait()
        return await take(self, turn)

    monkeypatch.setattr(TurnDesk, "take", waiting)
    monkeypatch.setattr(robot_servicer, "SAYING_SECONDS", 1.0)
    late = await say_all(talk)
    assert [reply.kind for reply in late] == ["menu", "", "menu"]
    assert (late[1].refusal.code, late[1].refusal.reason) == (14, "SLOW")
    go_on.set()
    while (await talk.report()).interactions < len(late):
        await asyncio.sleep(0.05)
    assert [reply.kind for reply in await say_all(talk)] == ["menu"] * 3
