"""The gRPC face of affiliates: parses, calls a use case, renders; it must not decide anything."""

import uuid
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

import grpc

from carillon.reward.v1 import affiliate_pb2, affiliate_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.api.commission_messages import (
    AFFILIATE_KINDS,
    parse_time,
    render_affiliate,
    render_commission_kind,
    render_time,
)
from svc_reward.app.create_link import create_link
from svc_reward.app.follow_affiliate_link import follow_affiliate_link
from svc_reward.app.get_affiliate import get_affiliate
from svc_reward.app.list_affiliate_events import list_affiliate_events
from svc_reward.app.record_experiences import record_experiences
from svc_reward.app.register_affiliate import register_affiliate
from svc_reward.domain.affiliate import write_link_token

Context = grpc.aio.ServicerContext[Any, Any]


class AffiliateServicer(affiliate_pb2_grpc.AffiliateServiceServicer):
    """Serves carillon.reward.v1.AffiliateService. ``randoms`` gives unguessable numbers for links' tokens."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        *,
        clock: Clock,
        zone: tzinfo,
        ids: Callable[[], uuid.UUID],
        randoms: Callable[[], int],
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._zone = zone
        self._ids = ids
        self._randoms = randoms

    async def RegisterAffiliate(  # noqa: N802 -- the name is the protocol's
        self,
        request: affiliate_pb2.RegisterAffiliateRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> affiliate_pb2.RegisterAffiliateResponse:
        """Registers. Errors: ROLE_MISSING, KIND_RESERVED, AFFILIATE_EXISTS, AFFILIATE_INVALID."""

        async def operation(unit: UnitOfWork) -> affiliate_pb2.RegisterAffiliateResponse:
            affiliate = await register_affiliate(
                unit,
                identity=current_identity(),
                affiliate_id=request.id or str(self._ids()),
                kind=AFFILIATE_KINDS[request.kind],
                name=request.name,
                at=self._clock.now(),
            )
            return affiliate_pb2.RegisterAffiliateResponse(affiliate=render_affiliate(affiliate))

        return await self._commands.run(request, affiliate_pb2.RegisterAffiliateResponse, operation)

    async def GetAffiliate(  # noqa: N802 -- the name is the protocol's
        self,
        request: affiliate_pb2.GetAffiliateRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> affiliate_pb2.GetAffiliateResponse:
        """Shows. Errors: ROLE_MISSING, AFFILIATE_UNKNOWN."""
        async with self._database.read() as unit:
            affiliate = await get_affiliate(unit, identity=current_identity(), affiliate_id=request.id)
        return affiliate_pb2.GetAffiliateResponse(affiliate=render_affiliate(affiliate))

    async def CreateLink(  # noqa: N802 -- the name is the protocol's
        self,
        request: affiliate_pb2.CreateLinkRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> affiliate_pb2.CreateLinkResponse:
        """Makes a link. Errors: ROLE_MISSING, AFFILIATE_UNKNOWN, AFFILIATE_INVALID."""

        async def operation(unit: UnitOfWork) -> affiliate_pb2.CreateLinkResponse:
            link = await create_link(
                unit,
                identity=current_identity(),
                affiliate_id=request.affiliate_id,
                token=write_link_token(self._randoms()),
                service=request.service,
                target=request.target,
                at=self._clock.now(),
            )
            return affiliate_pb2.CreateLinkResponse(
                token=link.token, affiliate_id=link.affiliate_id, service=link.service, target=link.target
            )

        return await self._commands.run(request, affiliate_pb2.CreateLinkResponse, operation)

    async def FollowAffiliateLink(  # noqa: N802 -- the name is the protocol's
        self,
        request: affiliate_pb2.FollowAffiliateLinkRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> affiliate_pb2.FollowAffiliateLinkResponse:
        """Books a click; open to all, since browsers follow links. Errors: LINK_UNKNOWN."""
        async with self._database.unit_of_work() as unit:
            target = await follow_affiliate_link(
                unit,
                token=request.token,
                visitor=request.visitor,
                click_id=self._ids(),
                at=self._clock.now(),
                zone=self._zone,
            )
        return affiliate_pb2.FollowAffiliateLinkResponse(target=target)

    async def RecordExperiences(  # noqa: N802 -- the name is the protocol's
        self,
        request: affiliate_pb2.RecordExperiencesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> affiliate_pb2.RecordExperiencesResponse:
        """Books what visitors tried. Errors: ROLE_MISSING, AFFILIATE_UNKNOWN."""
        experiences = [(one.reference, one.service, parse_time(one.at)) for one in request.experiences]

        async def operation(unit: UnitOfWork) -> affiliate_pb2.RecordExperiencesResponse:
            booked = await record_experiences(
                unit, identity=current_identity(), affiliate_id=request.affiliate_id, experiences=experiences
            )
            return affiliate_pb2.RecordExperiencesResponse(booked=booked)

        return await self._commands.run(request, affiliate_pb2.RecordExperiencesResponse, operation)

    async def ListAffiliateEvents(  # noqa: N802 -- the name is the protocol's
        self,
        request: affiliate_pb2.ListAffiliateEventsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> affiliate_pb2.ListAffiliateEventsResponse:
        """What came of the work. Errors: ROLE_MISSING, AFFILIATE_UNKNOWN, CURSOR_INVALID."""
        after = _parse_cursor(request.cursor)
        async with self._database.read() as unit:
            events = await list_affiliate_events(
                unit,
                identity=current_identity(),
                affiliate_id=request.affiliate_id,
                after=after,
                limit=request.page_size or DEFAULT_PAGE_SIZE,
            )
        last = events[-1].position if events else after
        return affiliate_pb2.ListAffiliateEventsResponse(
            events=[
                affiliate_pb2.AffiliateEvent(
                    id=event.id,
                    kind=render_commission_kind(event.kind),
                    service=event.service,
                    token=event.token,
                    occurred_at=render_time(event.occurred_at),
                    outcome=event.outcome,
                    commission_fen=event.commission_fen,
                )
                for event in events
            ],
            cursor=encode_token(*last),
        )


def _parse_cursor(cursor: str) -> tuple[int, int]:
    match decode_token(cursor):
        case []:
            return 0, 0
        case [int(transaction), int(number)] if 0 <= transaction < 1 << 63 and 0 <= number < 1 << 63:
            return transaction, number
    raise InvalidInput(
        reason="CURSOR_INVALID", field="cursor", detail="send the cursor of an earlier answer, unchanged"
    )
