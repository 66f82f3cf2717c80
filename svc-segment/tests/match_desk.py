"""What tests hold of matching and classifications: stubs, a small library and waits for the end of runs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from carillon.segment.v1 import classification_pb2, classification_pb2_grpc, match_pb2, match_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.identity import Identity

from .segmentation import Segmentation, new_request_id

ADMIN = Identity(subject="province", roles=frozenset({"province_admin"}))
EAST = Identity(subject="east", roles=frozenset({"branch_operator"}), branch="east")
AGENT = Identity(subject="agent", roles=frozenset({"agent"}), branch="east")
ENDED = {match_pb2.RUN_STATE_DONE, match_pb2.RUN_STATE_FAILED}
RUN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class MatchDesk:
    """A served svc-segment's library, matches and classes."""

    segmentation: Segmentation
    matches: match_pb2_grpc.MatchServiceStub
    classes: classification_pb2_grpc.ClassificationServiceStub

    async def put(self, code: str, *, owned_when: str = "", terminal: str = "") -> None:
        """Adds a service."""
        service = match_pb2.MatchedService(code=code, owned_when=owned_when, terminal=terminal)
        request = match_pb2.PutMatchedServiceRequest(request_id=new_request_id(), service=service)
        await invoke(self.matches.PutMatchedService, request)

    async def add(self, code: str, service: str, extract: str = "true", **more: object) -> match_pb2.MatchRule:
        """Adds a rule."""
        values = {"layer": 1, "priority": 1, "channels": ["HALL"], **more}
        rule = match_pb2.MatchRule(code=code, service=service, extract=extract, **values)  # type: ignore[arg-type]  # the fields of a test
        request = match_pb2.CreateMatchRuleRequest(request_id=new_request_id(), rule=rule)
        return (await invoke(self.matches.CreateMatchRule, request)).rule

    async def request(self, month: str = "2011-03") -> match_pb2.Match:
        """Asks for a match."""
        request = match_pb2.RequestMatchRequest(request_id=new_request_id(), month=month)
        return (await invoke(self.matches.RequestMatch, request)).match

    async def matched(self, month: str = "2011-03") -> match_pb2.Match:
        """A match at its end."""
        return await self.ended((await self.request(month)).id)

    async def ended(self, match_id: str) -> match_pb2.Match:
        """Waits for a match's end."""
        async with asyncio.timeout(RUN_SECONDS):
            while True:
                match = (await invoke(self.matches.GetMatch, match_pb2.GetMatchRequest(id=match_id))).match
                if match.state in ENDED:
                    return match
                await asyncio.sleep(0.02)

    async def verdicts(self, subscriber_id: int) -> dict[str, tuple[str, int]]:
        """By rule, what became of it for one subscriber, and the place."""
        request = match_pb2.ExplainMatchRequest(subscriber_id=subscriber_id)
        answer = await invoke(self.matches.ExplainMatch, request)
        return {reason.rule: (reason.verdict, reason.place) for reason in answer.reasons}

    async def extract(self, match_id: str, **cut: object) -> list[dict[str, str]]:
        """The rows of a list."""
        request = match_pb2.ExtractMatchRequest(id=match_id, **cut)  # type: ignore[arg-type]  # the fields of a test
        return _rows([piece.piece async for piece in invoke_stream(self.matches.ExtractMatch, request)])

    async def classify(self, code: str, month: str = "") -> classification_pb2.ClassRun:
        """A classification of everyone at its end."""
        request = classification_pb2.RequestClassesRequest(request_id=new_request_id(), code=code, month=month)
        run = (await invoke(self.classes.RequestClasses, request)).run
        async with asyncio.timeout(RUN_SECONDS):
            while run.state not in ENDED:
                await asyncio.sleep(0.02)
                run = (await invoke(self.classes.GetClasses, classification_pb2.GetClassesRequest(id=run.id))).run
        return run

    async def list_of(self, run_id: str, result: str, branch: str) -> list[str]:
        """The numbers of one class's list of a city."""
        request = classification_pb2.ReadClassListRequest(run_id=run_id, result=result, branch=branch)
        pieces: AsyncIterator[classification_pb2.ReadClassListResponse] = invoke_stream(
            self.classes.ReadClassList, request
        )
        return [row["msisdn"] for row in _rows([piece.piece async for piece in pieces])]


def _rows(pieces: list[bytes]) -> list[dict[str, str]]:
    header, *lines = b"".join(pieces).decode().splitlines()
    return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
