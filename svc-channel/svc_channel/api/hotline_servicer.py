"""HotlineService: reads requests, calls use cases, renders answers; decides nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from carillon.channel.v1 import hotline_pb2, hotline_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import current_identity, require_role
from svc_channel.api.timestamps import render_time
from svc_channel.app.numbers import Numbers
from svc_channel.app.push_menu import find_subscriber
from svc_channel.app.tap_audition import tap_audition
from svc_channel.domain.audition_link import AuditionLink, over, read_link, sign_link
from svc_channel.domain.hotline import Directory, OutCallState, Tone
from svc_channel.store.hotline import OutCall, find_call, list_directories, put_directory, request_call

# Whoever recommends tones to people.
LINK_ROLES = ("portal", "branch_operator", "province_admin")


class HotlineServicer(hotline_pb2_grpc.HotlineServiceServicer):
    """Directories and auditions."""

    def __init__(
        self,
        database: Database,
        numbers: Numbers,
        clock: Clock,
        new_id: Callable[[], UUID],
        *,
        has_out_calls: bool,
        link_secret: bytes,
    ) -> None:
        self._numbers = numbers
        self._link_secret = link_secret
        self._database = database
        self._commands = Commands(database)
        self._clock = clock
        self._new_id = new_id
        self._has_out_calls = has_out_calls

    async def PutDirectory(  # noqa: N802 -- the name is the protocol's
        self,
        request: hotline_pb2.PutDirectoryRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> hotline_pb2.PutDirectoryResponse:
        """A directory from the next call on."""
        identity = current_identity()
        require_role(identity, "province_admin", "branch_operator")
        directory = _parse_directory(request.directory)
        if "province_admin" not in identity.roles and directory.branch != identity.branch:
            raise PermissionRefused(
                reason="OTHER_BRANCH", field="branch", detail=f"you keep the directory of {identity.branch} only"
            )

        async def operation(unit: UnitOfWork) -> hotline_pb2.PutDirectoryResponse:
            await put_directory(unit, directory)
            return hotline_pb2.PutDirectoryResponse(directory=_render_directory(directory))

        return await self._commands.run(request, hotline_pb2.PutDirectoryResponse, operation)

    async def ListDirectories(  # noqa: N802 -- the name is the protocol's
        self,
        request: hotline_pb2.ListDirectoriesRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> hotline_pb2.ListDirectoriesResponse:
        """The province's and the branch's."""
        async with self._database.read() as unit:
            found = await list_directories(unit, branch=request.branch)
        return hotline_pb2.ListDirectoriesResponse(directories=[_render_directory(one) for one in found])

    async def RequestAudition(  # noqa: N802 -- the name is the protocol's
        self,
        request: hotline_pb2.RequestAuditionRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> hotline_pb2.RequestAuditionResponse:
        """A call that is placed within a second."""
        self._require_out_calls()

        async def operation(unit: UnitOfWork) -> hotline_pb2.RequestAuditionResponse:
            now = self._clock.now()
            call_id = self._new_id()
            await request_call(unit, call_id=call_id, msisdn=request.msisdn, tone=request.tone, now=now)
            audition = hotline_pb2.Audition(
                id=str(call_id), tone=request.tone, state=OutCallState.PENDING.value, requested_at=render_time(now)
            )
            return hotline_pb2.RequestAuditionResponse(audition=audition)

        return await self._commands.run(request, hotline_pb2.RequestAuditionResponse, operation)

    async def GetAudition(  # noqa: N802 -- the name is the protocol's
        self,
        request: hotline_pb2.GetAuditionRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> hotline_pb2.GetAuditionResponse:
        """How far it is."""
        async with self._database.read() as unit:
            call = await find_call(unit, UUID(request.id))
        if call is None:
            raise NotFound(reason="AUDITION_UNKNOWN", field="id", detail="nobody asked for such a call")
        return hotline_pb2.GetAuditionResponse(audition=_render_call(call))

    async def MakeAuditionLink(  # noqa: N802 -- the name is the protocol's
        self,
        request: hotline_pb2.MakeAuditionLinkRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> hotline_pb2.MakeAuditionLinkResponse:
        """A signed link for one number and one tone."""
        require_role(current_identity(), *LINK_ROLES)
        secret = self._require_secret()
        subscriber_id = await find_subscriber(self._numbers, request.msisdn)
        expires_at = (self._clock.now() + timedelta(seconds=request.valid_seconds)).replace(microsecond=0)
        link = AuditionLink(subscriber_id=subscriber_id, tone=request.tone, expires_at=expires_at)
        return hotline_pb2.MakeAuditionLinkResponse(token=sign_link(link, secret), expires_at=render_time(expires_at))

    async def TapAuditionLink(  # noqa: N802 -- the name is the protocol's
        self,
        request: hotline_pb2.TapAuditionLinkRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> hotline_pb2.TapAuditionLinkResponse:
        """A call to whom the link was made for, whoever taps it."""
        link = read_link(request.token, self._require_secret(), now=self._clock.now())
        self._require_out_calls()
        msisdn = (await self._numbers.look_up([link.subscriber_id])).get(link.subscriber_id)
        if msisdn is None:
            # The number has another holder now, or none, whom nobody made this link for.
            raise over()
        async with self._database.unit_of_work() as unit:
            await tap_audition(unit, link, msisdn=msisdn, call_id=self._new_id(), now=self._clock.now())
        return hotline_pb2.TapAuditionLinkResponse(tone=link.tone)

    def _require_out_calls(self) -> None:
        if not self._has_out_calls:
            raise StateRefused(reason="OUT_CALL_ABSENT", detail="no out-call system is set up; see OUT_CALL_URL")

    def _require_secret(self) -> bytes:
        if not self._link_secret:
            raise StateRefused(reason="AUDITION_LINKS_ABSENT", detail="nothing signs such links; see AUDITION_SECRET")
        return self._link_secret


def _parse_directory(message: hotline_pb2.Directory) -> Directory:
    return Directory(
        branch=message.branch,
        tones=tuple(
            Tone(short_code=one.short_code, tone=one.tone, title=one.title.replace("\0", "")) for one in message.tones
        ),
    )


def _render_directory(directory: Directory) -> hotline_pb2.Directory:
    return hotline_pb2.Directory(
        branch=directory.branch,
        tones=[
            hotline_pb2.DirectoryTone(short_code=one.short_code, tone=one.tone, title=one.title)
            for one in directory.tones
        ],
    )


def _render_call(call: OutCall) -> hotline_pb2.Audition:
    return hotline_pb2.Audition(
        id=str(call.id),
        tone=call.tone,
        state=call.state,
        reason=call.reason,
        requested_at=render_time(call.requested_at),
    )
