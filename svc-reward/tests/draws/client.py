"""Draws as people of several roles call them, over the wire."""

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.identity import Identity, acting_as

from .values import CLOSE, DEADLINE

MAKER = Identity(subject="maker", roles=frozenset({"branch_operator"}), branch="guangzhou")
STRANGER = Identity(subject="stranger", roles=frozenset({"branch_operator"}), branch="shenzhen")
APPROVER = Identity(subject="approver", roles=frozenset({"approver"}), branch="guangzhou")
NOTARY = Identity(subject="notary", roles=frozenset({"partner"}))
PORTAL = Identity(subject="portal", roles=frozenset({"portal"}))
SEED = b"1" * 32
OTHER_SEED = b"2" * 32

PRIZES = (
    draw_pb2.DrawPrize(code="phone", name="手机", weight=1, stock=1),
    draw_pb2.DrawPrize(
        code="seeds", name="Seeds", weight=9, stock=4, points=draw_pb2.DrawPoints(currency="seeds", amount=50)
    ),
)


def stamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def plan(*, closes_at: datetime = CLOSE, reveal_by: datetime = DEADLINE, **changes: Any) -> draw_pb2.DrawPlan:
    fields: dict[str, Any] = {"name": "Stars of November", "campaign_id": "stars", "prizes": PRIZES}
    return draw_pb2.DrawPlan(closes_at=stamp(closes_at), reveal_by=stamp(reveal_by), **fields | changes)


def commitment(seed: bytes) -> bytes:
    return hashlib.sha256(seed).digest()


@dataclass(frozen=True, slots=True)
class DrawClient:
    """Each call is a new request unless it names its request id."""

    stub: "draw_pb2_grpc.DrawServiceStub"
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def _id(self, request_id: str) -> str:
        return request_id or f"request-{next(self._ids)}"

    async def create(self, *, by: Identity = MAKER, request_id: str = "", **changes: Any) -> draw_pb2.Draw:
        request = draw_pb2.CreateDrawRequest(request_id=self._id(request_id), plan=plan(**changes))
        with acting_as(by):
            return (await invoke(self.stub.CreateDraw, request, timeout_seconds=30)).draw

    async def open(
        self, draw_id: str, *, seed: bytes = SEED, by: Identity = MAKER, request_id: str = ""
    ) -> draw_pb2.Draw:
        request = draw_pb2.OpenDrawRequest(
            request_id=self._id(request_id), draw_id=draw_id, commitment=commitment(seed)
        )
        with acting_as(by):
            return (await invoke(self.stub.OpenDraw, request, timeout_seconds=30)).draw

    async def enter(
        self,
        draw_id: str,
        entries: Iterable[tuple[int, str]],
        *,
        by: Identity = MAKER,
        month: str = "",
        request_id: str = "",
    ) -> tuple[int, int]:
        request = draw_pb2.AddEntriesRequest(
            request_id=self._id(request_id),
            draw_id=draw_id,
            entries=[draw_pb2.DrawEntry(subscriber_id=number, source_key=key) for number, key in entries],
            subscribed_month=month,
        )
        with acting_as(by):
            answer = await invoke(self.stub.AddEntries, request, timeout_seconds=60)
        return answer.added, answer.standing

    async def freeze(self, draw_id: str, *, by: Identity = MAKER, request_id: str = "") -> draw_pb2.Draw:
        request = draw_pb2.FreezeDrawRequest(request_id=self._id(request_id), draw_id=draw_id)
        with acting_as(by):
            return (await invoke(self.stub.FreezeDraw, request, timeout_seconds=60)).draw

    async def contribute(
        self, draw_id: str, *, seed: bytes = OTHER_SEED, by: Identity = NOTARY, request_id: str = ""
    ) -> draw_pb2.Draw:
        request = draw_pb2.ContributeSeedRequest(request_id=self._id(request_id), draw_id=draw_id, seed=seed)
        with acting_as(by):
            return (await invoke(self.stub.ContributeSeed, request, timeout_seconds=30)).draw

    async def reveal(
        self, draw_id: str, *, seed: bytes = SEED, by: Identity = MAKER, request_id: str = ""
    ) -> draw_pb2.RevealDrawResponse:
        request = draw_pb2.RevealDrawRequest(request_id=self._id(request_id), draw_id=draw_id, seed=seed)
        with acting_as(by):
            return await invoke(self.stub.RevealDraw, request, timeout_seconds=60)

    async def void(self, draw_id: str, *, by: Identity = APPROVER, reason: str = "the phone was lost") -> draw_pb2.Draw:
        request = draw_pb2.VoidDrawRequest(request_id=self._id(""), draw_id=draw_id, reason=reason)
        with acting_as(by):
            return (await invoke(self.stub.VoidDraw, request, timeout_seconds=30)).draw

    async def get(self, draw_id: str) -> draw_pb2.Draw:
        request = draw_pb2.GetDrawRequest(draw_id=draw_id)
        with acting_as(PORTAL):
            return (await invoke(self.stub.GetDraw, request, timeout_seconds=30)).draw

    async def proof(self, draw_id: str) -> bytes:
        request = draw_pb2.GetProofRequest(draw_id=draw_id)
        with acting_as(PORTAL):
            pieces = [answer.piece async for answer in invoke_stream(self.stub.GetProof, request, timeout_seconds=60)]
        return b"".join(pieces)

    async def entrant(self, draw_id: str, subscriber_id: int, *, by: Identity = PORTAL) -> draw_pb2.GetEntrantResponse:
        request = draw_pb2.GetEntrantRequest(draw_id=draw_id, subscriber_id=subscriber_id)
        with acting_as(by):
            return await invoke(self.stub.GetEntrant, request, timeout_seconds=30)

    async def winners(
        self, draw_id: str, *, by: Identity = MAKER, page_size: int = 1000, page_token: str = ""
    ) -> draw_pb2.ListWinnersResponse:
        request = draw_pb2.ListWinnersRequest(draw_id=draw_id, page_size=page_size, page_token=page_token)
        with acting_as(by):
            return await invoke(self.stub.ListWinners, request, timeout_seconds=30)
