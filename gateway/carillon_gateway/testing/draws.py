"""A stand-in for svc-reward's draws that answers from memory; it must not be more than the edge's tests need."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc
from carillon_chassis.errors import NotFound, StateRefused
from carillon_gateway.testing.catalogue import PLACED_AT

# A proof in pieces, as svc-reward streams it.
PROOF_PIECES = (b'{"format": "carillon-draw-proof-1", ', b'"state": "open", "rule": {}, ', b'"rule_hash": "", ')
PROOF_END = b'"commitment": "", "digest": ""}\n'
TOKEN = "0" * 32


class DrawsStandIn(draw_pb2_grpc.DrawServiceServicer):
    """Draws that take every step from any state; ``entries`` are what came in."""

    def __init__(self) -> None:
        self._draws: dict[str, draw_pb2.Draw] = {}
        self.entries: list[draw_pb2.AddEntriesRequest] = []

    async def CreateDraw(self, request: draw_pb2.CreateDrawRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        draw = draw_pb2.Draw(
            id=str(uuid.uuid4()),
            plan=request.plan,
            state=draw_pb2.DRAW_STATE_DRAFT,
            branch="guangzhou",
            rule_hash=b"h" * 32,
        )
        draw.changed_at.CopyFrom(PLACED_AT)
        self._draws[draw.id] = draw
        return draw_pb2.CreateDrawResponse(draw=draw)

    async def GetDraw(self, request: draw_pb2.GetDrawRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Shows it."""
        return draw_pb2.GetDrawResponse(draw=self._draw(request.draw_id))

    async def OpenDraw(self, request: draw_pb2.OpenDrawRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Opens it."""
        draw = self._draw(request.draw_id)
        draw.state, draw.commitment = draw_pb2.DRAW_STATE_OPEN, request.commitment
        return draw_pb2.OpenDrawResponse(draw=draw)

    async def AddEntries(self, request: draw_pb2.AddEntriesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Takes all as new."""
        self._draw(request.draw_id)
        self.entries.append(request)
        return draw_pb2.AddEntriesResponse(added=len(request.entries))

    async def EnterSubscribers(self, request: draw_pb2.EnterSubscribersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Three of them."""
        self._draw(request.draw_id)
        return draw_pb2.EnterSubscribersResponse(service="NEWSPAPER", subscribed_month="2026-10", subscribers=3)

    async def FreezeDraw(self, request: draw_pb2.FreezeDrawRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Freezes it."""
        draw = self._draw(request.draw_id)
        draw.state, draw.root, draw.entrants, draw.tickets = draw_pb2.DRAW_STATE_FROZEN, b"r" * 32, 2, 3
        return draw_pb2.FreezeDrawResponse(draw=draw)

    async def ContributeSeed(self, request: draw_pb2.ContributeSeedRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Takes the seed."""
        draw = self._draw(request.draw_id)
        draw.state, draw.second_seed = draw_pb2.DRAW_STATE_SEEDED, request.seed
        return draw_pb2.ContributeSeedResponse(draw=draw)

    async def RevealDraw(self, request: draw_pb2.RevealDrawRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Draws."""
        draw = self._draw(request.draw_id)
        draw.state, draw.first_seed = draw_pb2.DRAW_STATE_DRAWN, request.seed
        return draw_pb2.RevealDrawResponse(draw=draw, winners=2)

    async def VoidDraw(self, request: draw_pb2.VoidDrawRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Ends it."""
        draw = self._draw(request.draw_id)
        draw.state, draw.void_reason = draw_pb2.DRAW_STATE_VOID, request.reason
        return draw_pb2.VoidDrawResponse(draw=draw)

    async def ListWinners(self, request: draw_pb2.ListWinnersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Two winners."""
        self._draw(request.draw_id)
        goods = draw_pb2.DrawWinner(award=1, prize="phone", subscriber_id=7, token=TOKEN)
        points = draw_pb2.DrawWinner(award=2, prize="seeds", subscriber_id=8, token=TOKEN, payment="POSTED")
        return draw_pb2.ListWinnersResponse(winners=[goods, points])

    async def GetEntrant(self, request: draw_pb2.GetEntrantRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One win."""
        self._draw(request.draw_id)
        win = draw_pb2.DrawWinner(award=1, prize="phone", subscriber_id=request.subscriber_id, token=TOKEN)
        return draw_pb2.GetEntrantResponse(entrant=1, token=TOKEN, tickets=3, wins=[win])

    async def GetProof(self, request: draw_pb2.GetProofRequest, context: Any) -> AsyncIterator[Any]:  # noqa: ARG002, N802 -- gRPC's signature
        """A proof in pieces, of a draw that was opened."""
        if not self._draw(request.draw_id).commitment:
            raise StateRefused(reason="DRAW_NOT_OPEN", field="draw_id", detail="the draw was never opened")
        for piece in (*PROOF_PIECES, PROOF_END):
            yield draw_pb2.GetProofResponse(piece=piece)

    def _draw(self, draw_id: str) -> draw_pb2.Draw:
        if draw_id not in self._draws:
            raise NotFound(reason="DRAW_UNKNOWN", field="draw_id", detail="there is no draw of this id")
        return self._draws[draw_id]
