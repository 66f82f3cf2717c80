"""A service that speaks scripts and the calls that tests make; nothing of it is used by the product."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import grpc

from carillon.channel.v1 import (
    contact_rule_pb2,
    contact_rule_pb2_grpc,
    script_pb2,
    script_pb2_grpc,
    template_pb2,
    template_pb2_grpc,
)
from carillon_chassis.client import invoke
from carillon_chassis.identity import Identity, acting_as

from .script_peers import Peers

AGENT = Identity(subject="agent-1", roles=frozenset({"agent"}), branch="guangzhou")
ADMIN = Identity(subject="ops-1", roles=frozenset({"province_admin"}))
APPROVER = Identity(subject="approver-1", roles=frozenset({"approver"}))


@dataclass(frozen=True, kw_only=True)
class Prompter:
    """The service under test, and who stands behind it."""

    channel: grpc.aio.Channel
    peers: Peers

    async def speak(
        self, touchpoint: str, situation: str, identity: Identity = AGENT, **overrides: Any
    ) -> script_pb2.SpeakResponse:
        """What to say to subscriber 7 in Chinese, with fields replaced."""
        fields = {"touchpoint": touchpoint, "situation": situation, "language": "zh", "subscriber_id": 7, **overrides}
        stub = script_pb2_grpc.ScriptServiceStub(self.channel)
        with acting_as(identity):
            return await invoke(stub.Speak, script_pb2.SpeakRequest(**fields))

    async def library(self, identity: Identity = ADMIN, **asked: str) -> dict[str, script_pb2.Script]:
        """The library by code."""
        stub = script_pb2_grpc.ScriptServiceStub(self.channel)
        with acting_as(identity):
            answer = await invoke(stub.ListScripts, script_pb2.ListScriptsRequest(**asked))
        return {script.code: script for script in answer.scripts}

    async def put(self, identity: Identity = ADMIN, **overrides: Any) -> script_pb2.Script:
        """A script for KTVs, with fields replaced."""
        fields = {
            "code": "ktv-zh",
            "title": "KTV 推荐",
            "touchpoints": ["ktv"],
            "situation": "song_order",
            "language": "zh",
            "rank": 5,
            **overrides,
        }
        request = script_pb2.PutScriptRequest(request_id=str(uuid4()), script=script_pb2.Script(**fields))
        stub = script_pb2_grpc.ScriptServiceStub(self.channel)
        with acting_as(identity):
            return (await invoke(stub.PutScript, request)).script

    async def approve(self, name: str, text: str) -> None:
        """A template that one makes and another approves."""
        stub = template_pb2_grpc.TemplateServiceStub(self.channel)
        making = template_pb2.CreateTemplateRequest(
            request_id=str(uuid4()), name=name, text=text, purpose=template_pb2.TEMPLATE_PURPOSE_GENERAL
        )
        with acting_as(ADMIN):
            made = (await invoke(stub.CreateTemplate, making)).template
        judging = template_pb2.JudgeTemplateRequest(request_id=str(uuid4()), id=made.id, approved=True)
        with acting_as(APPROVER):
            await invoke(stub.JudgeTemplate, judging)

    async def forbid(self, word: str) -> None:
        """A word that may not go out."""
        stub = contact_rule_pb2_grpc.ContactRuleServiceStub(self.channel)
        forbidden = contact_rule_pb2.ForbiddenWord(word=word, reason="test")
        request = contact_rule_pb2.PutForbiddenWordRequest(request_id=str(uuid4()), forbidden_word=forbidden)
        with acting_as(ADMIN):
            await invoke(stub.PutForbiddenWord, request)
