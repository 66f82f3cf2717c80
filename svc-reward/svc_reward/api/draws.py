"""The gRPC face of draws: parses, calls a use case, renders; it must not decide anything."""

import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import tzinfo
from typing import Any

import grpc

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import current_identity, require_role
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.api.draw_messages import parse_entries, parse_rule, render_draw, render_part, render_winner
from svc_reward.app.add_draw_entries import add_draw_entries
from svc_reward.app.contribute_seed import contribute_seed
from svc_reward.app.create_draw import create_draw
from svc_reward.app.draw_access import MAKERS
from svc_reward.app.enter_subscribers import enter_subscribers
from svc_reward.app.freeze_draw import freeze_draw
from svc_reward.app.get_draw import get_draw, list_draw_winners, prove_draw
from svc_reward.app.get_entrant import get_entrant
from svc_reward.app.open_draw import open_draw
from svc_reward.app.reveal_draw import reveal_draw
from svc_reward.app.void_draw import void_draw
from svc_reward.domain.draw_entrant import SALT_BYTES

Context = grpc.aio.ServicerContext[Any, Any]


class DrawServicer(draw_pb2_grpc.DrawServiceServicer):
    """Serves carillon.reward.v1.DrawService."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        clock: Clock,
        *,
        zone: tzinfo,
        new_id: Callable[[], uuid.UUID],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._zone = zone
        self._new_id = new_id
        self._random_bytes = random_bytes

    async def CreateDraw(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.CreateDrawRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.CreateDrawResponse:
        """Keeps a draft. Errors: DRAW_RULE_INVALID, CURRENCY_UNKNOWN, DRAW_CLOSED, ROLE_MISSING."""
        salt = self._random_bytes(SALT_BYTES)
        rule = parse_rule(request.plan, draw_id=str(self._new_id()), blinding=hashlib.sha256(salt).digest())

        async def operation(unit: UnitOfWork) -> draw_pb2.CreateDrawResponse:
            draw = await create_draw(unit, rule, salt=salt, actor=current_identity(), clock=self._clock)
            return draw_pb2.CreateDrawResponse(draw=render_draw(draw))

        return await self._commands.run(request, draw_pb2.CreateDrawResponse, operation)

    async def OpenDraw(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.OpenDrawRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.OpenDrawResponse:
        """Opens it. Errors: DRAW_UNKNOWN, DRAW_STATE, DRAW_CLOSED, COMMITMENT_USED, BRANCH_FOREIGN, ROLE_MISSING."""

        async def operation(unit: UnitOfWork) -> draw_pb2.OpenDrawResponse:
            draw = await open_draw(
                unit, request.draw_id, commitment=request.commitment, actor=current_identity(), clock=self._clock
            )
            return draw_pb2.OpenDrawResponse(draw=render_draw(draw))

        return await self._commands.run(request, draw_pb2.OpenDrawResponse, operation)

    async def AddEntries(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.AddEntriesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.AddEntriesResponse:
        """Adds tickets. Errors: ENTRY_INVALID, DRAW_NOT_OPEN, DRAW_CLOSED, NOT_ELIGIBLE, INSUFFICIENT_POINTS, of OpenDraw."""
        entries = parse_entries(request.entries)

        async def operation(unit: UnitOfWork) -> draw_pb2.AddEntriesResponse:
            added = await add_draw_entries(
                unit,
                request.draw_id,
                entries,
                subscribed_month=request.subscribed_month,
                actor=current_identity(),
                clock=self._clock,
            )
            return draw_pb2.AddEntriesResponse(added=added, standing=len(entries) - added)

        return await self._commands.run(request, draw_pb2.AddEntriesResponse, operation)

    async def EnterSubscribers(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.EnterSubscribersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.EnterSubscribersResponse:
        """Enters who was subscribed. Errors: DRAW_WITHOUT_MONTH, DRAW_SELLS_TICKETS, MONTH_NOT_OVER, of AddEntries."""

        async def operation(unit: UnitOfWork) -> draw_pb2.EnterSubscribersResponse:
            month, subscribers = await enter_subscribers(
                unit, request.draw_id, actor=current_identity(), clock=self._clock, zone=self._zone
            )
            return draw_pb2.EnterSubscribersResponse(
                service=month.service, subscribed_month=month.name, subscribers=subscribers
            )

        return await self._commands.run(request, draw_pb2.EnterSubscribersResponse, operation)

    async def FreezeDraw(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.FreezeDrawRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.FreezeDrawResponse:
        """Freezes it. Errors: DRAW_UNKNOWN, DRAW_STATE, DRAW_CLOSES_LATER, ROLE_MISSING."""
        require_role(current_identity(), *MAKERS)

        async def operation(unit: UnitOfWork) -> draw_pb2.FreezeDrawResponse:
            draw = await freeze_draw(unit, request.draw_id, clock=self._clock)
            return draw_pb2.FreezeDrawResponse(draw=render_draw(draw))

        return await self._commands.run(request, draw_pb2.FreezeDrawResponse, operation)

    async def ContributeSeed(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.ContributeSeedRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.ContributeSeedResponse:
        """Takes the second seed. Errors: DRAW_UNKNOWN, DRAW_STATE, REVEAL_MISSED, SECOND_PARTY_REQUIRED, ROLE_MISSING."""

        async def operation(unit: UnitOfWork) -> draw_pb2.ContributeSeedResponse:
            draw = await contribute_seed(
                unit, request.draw_id, seed=request.seed, actor=current_identity(), clock=self._clock
            )
            return draw_pb2.ContributeSeedResponse(draw=render_draw(draw))

        return await self._commands.run(request, draw_pb2.ContributeSeedResponse, operation)

    async def RevealDraw(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.RevealDrawRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.RevealDrawResponse:
        """Draws the winners. Errors: SEED_NOT_COMMITTED and those of ContributeSeed and OpenDraw."""

        async def operation(unit: UnitOfWork) -> draw_pb2.RevealDrawResponse:
            draw, winners = await reveal_draw(
                unit, request.draw_id, seed=request.seed, actor=current_identity(), clock=self._clock
            )
            return draw_pb2.RevealDrawResponse(draw=render_draw(draw), winners=winners)

        return await self._commands.run(request, draw_pb2.RevealDrawResponse, operation)

    async def VoidDraw(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.VoidDrawRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.VoidDrawResponse:
        """Ends it without winners. Errors: DRAW_REASON_INVALID, DRAW_STATE, SECOND_PARTY_REQUIRED, those of OpenDraw."""

        async def operation(unit: UnitOfWork) -> draw_pb2.VoidDrawResponse:
            draw = await void_draw(
                unit, request.draw_id, reason=request.reason, actor=current_identity(), clock=self._clock
            )
            return draw_pb2.VoidDrawResponse(draw=render_draw(draw))

        return await self._commands.run(request, draw_pb2.VoidDrawResponse, operation)

    async def GetDraw(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.GetDrawRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.GetDrawResponse:
        """Shows it. Errors: DRAW_UNKNOWN."""
        async with self._database.read() as unit:
            return draw_pb2.GetDrawResponse(draw=render_draw(await get_draw(unit, request.draw_id)))

    async def GetProof(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.GetProofRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[draw_pb2.GetProofResponse]:
        """Streams the proof. Errors: DRAW_UNKNOWN, DRAW_NOT_OPEN."""
        async for piece in prove_draw(self._database, request.draw_id):
            yield draw_pb2.GetProofResponse(piece=piece.encode())

    async def GetEntrant(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.GetEntrantRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.GetEntrantResponse:
        """Shows one subscriber's part. Errors: DRAW_UNKNOWN, DRAW_NOT_FROZEN, ENTRANT_UNKNOWN, ROLE_MISSING."""
        async with self._database.read() as unit:
            return render_part(
                await get_entrant(unit, request.draw_id, request.subscriber_id, actor=current_identity())
            )

    async def ListWinners(  # noqa: N802 -- the name is the protocol's
        self,
        request: draw_pb2.ListWinnersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> draw_pb2.ListWinnersResponse:
        """Shows who won. Errors: DRAW_UNKNOWN, PAGE_TOKEN_INVALID, ROLE_MISSING, BRANCH_FOREIGN."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = _award_in(request.page_token)
        async with self._database.read() as unit:
            winners = await list_draw_winners(
                unit, request.draw_id, after=after, limit=limit + 1, actor=current_identity()
            )
        page = winners[:limit]
        token = encode_token(page[-1].award) if len(winners) > limit else ""
        return draw_pb2.ListWinnersResponse(winners=[render_winner(one) for one in page], next_page_token=token)


def _award_in(token: str) -> int:
    match decode_token(token):
        case []:
            return 0
        case [int(award)]:
            return award
        case _:
            raise InvalidInput(
                reason="PAGE_TOKEN_INVALID",
                field="page_token",
                detail="send the next_page_token of the page before, unchanged",
            )
