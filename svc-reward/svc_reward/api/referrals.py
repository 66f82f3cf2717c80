"""The gRPC face of referrals: parses, calls a use case, renders; it must not decide anything."""

from typing import Any

import grpc

from carillon.reward.v1 import referral_pb2, referral_pb2_grpc
from carillon.segment.v1.subscriber_pb2_grpc import SubscriberServiceStub
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.api.page_keys import parse_number_key
from svc_reward.api.referral_messages import parse_programme_terms, render_programme, render_referral
from svc_reward.app.accept_referral_code import accept_referral_code, require_code
from svc_reward.app.approve_programme import approve_programme
from svc_reward.app.ask_snapshot import is_said_to_use
from svc_reward.app.create_programme import create_programme
from svc_reward.app.end_programme import end_programme
from svc_reward.app.issue_referral_code import issue_referral_code
from svc_reward.app.list_programmes import list_programmes
from svc_reward.app.list_referrals import list_referrals
from svc_reward.app.recommend_friend import recommend_friend
from svc_reward.app.referral_access import require_programme
from svc_reward.app.settle_referrals import LuckyCodes
from svc_reward.domain.referral_code import read_referral_code

Context = grpc.aio.ServicerContext[Any, Any]


class ReferralServicer(referral_pb2_grpc.ReferralServiceServicer):
    """Serves carillon.reward.v1.ReferralService."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        clock: Clock,
        *,
        subscribers: SubscriberServiceStub,
        lucky: LuckyCodes,
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._subscribers = subscribers
        self._lucky = lucky

    async def CreateProgramme(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.CreateProgrammeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.CreateProgrammeResponse:
        """Proposes. Errors: ROLE_MISSING, PROGRAMME_INVALID, OFFER_INVALID, REWARD_INVALID, DRAW_UNKNOWN."""
        terms = parse_programme_terms(request.terms)

        async def operation(unit: UnitOfWork) -> referral_pb2.CreateProgrammeResponse:
            programme = await create_programme(unit, identity=current_identity(), terms=terms, at=self._clock.now())
            return referral_pb2.CreateProgrammeResponse(programme=render_programme(programme))

        return await self._commands.run(request, referral_pb2.CreateProgrammeResponse, operation)

    async def ApproveProgramme(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.ApproveProgrammeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.ApproveProgrammeResponse:
        """Approves. Errors: ROLE_MISSING, MAKER_IS_CHECKER, PROGRAMME_UNKNOWN, PROGRAMME_STATE."""

        async def operation(unit: UnitOfWork) -> referral_pb2.ApproveProgrammeResponse:
            programme = await approve_programme(
                unit, identity=current_identity(), number=request.number, at=self._clock.now()
            )
            return referral_pb2.ApproveProgrammeResponse(programme=render_programme(programme))

        return await self._commands.run(request, referral_pb2.ApproveProgrammeResponse, operation)

    async def EndProgramme(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.EndProgrammeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.EndProgrammeResponse:
        """Ends it. Errors: ROLE_MISSING, PROGRAMME_UNKNOWN, PROGRAMME_STATE."""

        async def operation(unit: UnitOfWork) -> referral_pb2.EndProgrammeResponse:
            programme = await end_programme(
                unit, identity=current_identity(), number=request.number, at=self._clock.now()
            )
            return referral_pb2.EndProgrammeResponse(programme=render_programme(programme))

        return await self._commands.run(request, referral_pb2.EndProgrammeResponse, operation)

    async def ListProgrammes(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.ListProgrammesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.ListProgrammesResponse:
        """A page of programmes. Errors: ROLE_MISSING, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_number_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            programmes = await list_programmes(unit, identity=current_identity(), after=after, limit=limit)
        return referral_pb2.ListProgrammesResponse(
            programmes=[render_programme(programme) for programme in programmes],
            next_page_token=encode_token(programmes[-1].number) if len(programmes) == limit else "",
        )

    async def IssueCode(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.IssueCodeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.IssueCodeResponse:
        """The code to give out. Errors: ROLE_MISSING, PROGRAMME_UNKNOWN, PROGRAMME_NOT_RUNNING, REFERRER_NOT_USER."""

        async def operation(unit: UnitOfWork) -> referral_pb2.IssueCodeResponse:
            code = await issue_referral_code(
                unit,
                identity=current_identity(),
                number=request.programme,
                subscriber_id=request.subscriber_id,
                randoms=self._lucky.randoms,
                at=self._clock.now(),
            )
            return referral_pb2.IssueCodeResponse(code=code)

        return await self._commands.run(request, referral_pb2.IssueCodeResponse, operation)

    async def RecommendFriend(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.RecommendFriendRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.RecommendFriendResponse:
        """Names a friend. Errors: see the protocol."""
        said_to_use = await self._said_to_use(request.programme, request.friend_id)

        async def operation(unit: UnitOfWork) -> referral_pb2.RecommendFriendResponse:
            at = self._clock.now()
            referral = await recommend_friend(
                unit,
                identity=current_identity(),
                number=request.programme,
                referrer_id=request.referrer_id,
                friend_id=request.friend_id,
                friend_hint=request.friend_hint,
                said_to_use=said_to_use,
                at=at,
                lucky=self._lucky,
            )
            return referral_pb2.RecommendFriendResponse(referral=render_referral(referral, at=at))

        return await self._commands.run(request, referral_pb2.RecommendFriendResponse, operation)

    async def AcceptCode(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.AcceptCodeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.AcceptCodeResponse:
        """A friend accepts. Errors: see the protocol."""
        code = read_referral_code(request.code)
        async with self._database.read() as unit:
            number, _, _ = await require_code(unit, code)
        said_to_use = await self._said_to_use(number, request.friend_id)

        async def operation(unit: UnitOfWork) -> referral_pb2.AcceptCodeResponse:
            at = self._clock.now()
            referral = await accept_referral_code(
                unit,
                identity=current_identity(),
                code=code,
                friend_id=request.friend_id,
                friend_hint=request.friend_hint,
                said_to_use=said_to_use,
                at=at,
                lucky=self._lucky,
            )
            return referral_pb2.AcceptCodeResponse(referral=render_referral(referral, at=at))

        return await self._commands.run(request, referral_pb2.AcceptCodeResponse, operation)

    async def ListReferrals(  # noqa: N802 -- the name is the protocol's
        self,
        request: referral_pb2.ListReferralsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> referral_pb2.ListReferralsResponse:
        """Whom a subscriber has recommended. Errors: ROLE_MISSING, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        before = parse_number_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            page = await list_referrals(
                unit, identity=current_identity(), referrer_id=request.referrer_id, before=before, limit=limit
            )
        now = self._clock.now()
        return referral_pb2.ListReferralsResponse(
            referrals=[render_referral(referral, at=now, grants=grants) for referral, grants in page],
            next_page_token=encode_token(page[-1][0].number) if len(page) == limit else "",
        )

    async def _said_to_use(self, number: int, friend_id: int) -> bool:
        """What the snapshot says, asked before anything is locked."""
        async with self._database.read() as unit:
            programme = await require_programme(unit, number, identity=current_identity())
        return await is_said_to_use(self._subscribers, programme.terms, friend_id)
