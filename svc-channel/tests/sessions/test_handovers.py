"""Whose questions are whose, and what a person may answer, over real gRPC and PostgreSQL."""

from typing import Any

import pytest

from carillon.channel.v1 import contact_rule_pb2, contact_rule_pb2_grpc, robot_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, PermissionRefused
from carillon_chassis.identity import Identity, acting_as

from .desk import ADMIN
from .talker import AGENT, Talk

GUANGZHOU = Identity(subject="b-gz", roles=frozenset({"branch_operator"}), branch="guangzhou")
FOSHAN = Identity(subject="b-fs", roles=frozenset({"branch_operator"}), branch="foshan")
NOWHERE = Identity(subject="b-none", roles=frozenset({"branch_operator"}))


async def listed(talk: Talk, by: Identity, **fields: Any) -> list[str]:
    """The questions that somebody sees, by id."""
    with acting_as(by):
        answer = await invoke(talk.robots.ListHandovers, robot_pb2.ListHandoversRequest(**fields))
    return [one.id for one in answer.handovers]


async def answer(talk: Talk, by: Identity, handover: str, text: str = "您好") -> None:
    """Somebody's answer."""
    request = robot_pb2.AnswerHandoverRequest(request_id=f"{by.subject}-{text}", id=handover, answer=text)
    with acting_as(by):
        await invoke(talk.robots.AnswerHandover, request)


async def test_a_branch_sees_and_answers_what_its_own_robots_were_asked(talk: Talk) -> None:
    await talk.put(id="fs-1", city="foshan")
    ours, theirs = (await talk.say("人工")).handover_id, (await talk.say("人工", robot="fs-1")).handover_id
    assert await listed(talk, GUANGZHOU) == [ours]
    assert await listed(talk, FOSHAN) == [theirs]
    assert await listed(talk, FOSHAN, robot_id="gz-1") == []
    for everybodys in (AGENT, ADMIN):
        assert await listed(talk, everybodys) == [ours, theirs]
    with pytest.raises(PermissionRefused) as refused:
        await answer(talk, FOSHAN, ours)
    assert refused.value.reason == "OTHER_BRANCH"
    await answer(talk, GUANGZHOU, ours)
    assert await listed(talk, FOSHAN, answered=True) == []
    assert await listed(talk, GUANGZHOU, answered=True) == [ours]


async def test_a_branch_of_nowhere_sees_nobodys_questions(talk: Talk) -> None:
    asked = (await talk.say("人工")).handover_id
    with pytest.raises(PermissionRefused):
        await listed(talk, NOWHERE)
    with pytest.raises(PermissionRefused):
        await answer(talk, NOWHERE, asked)


async def test_an_answer_with_a_forbidden_word_does_not_go_out(talk: Talk) -> None:
    """As a single message may not."""
    rules = contact_rule_pb2_grpc.ContactRuleServiceStub(talk.desk.channel)
    word = contact_rule_pb2.ForbiddenWord(word="最低价", reason="no superlatives")
    with acting_as(ADMIN):
        request = contact_rule_pb2.PutForbiddenWordRequest(request_id="f-1", forbidden_word=word)
        await invoke(rules.PutForbiddenWord, request)
    asked = (await talk.say("人工")).handover_id
    with pytest.raises(InvalidInput) as refused:
        await answer(talk, AGENT, asked, "彩铃最低价")
    assert (refused.value.reason, refused.value.field) == ("FORBIDDEN_WORD", "answer")
    assert await listed(talk, AGENT) == [asked]
    await answer(talk, AGENT, asked, "彩铃优惠价")
