"""TextingService: reads requests, calls use cases, renders answers; decides nothing."""

from typing import Any

from carillon.channel.v1 import texting_pb2, texting_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity, require_role
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_channel.api.knowledge_servicer import STAFF_ROLES
from svc_channel.app.answer_staff import StaffAnswerers, answer_staff
from svc_channel.app.menu_book import MenuBook
from svc_channel.app.numbers import Numbers
from svc_channel.app.push_menu import find_subscriber
from svc_channel.app.put_staff_number import list_staff_numbers, put_staff_number, remove_staff_number
from svc_channel.app.put_text_desk import end_text_desk, put_text_desk
from svc_channel.domain.texting.desks import TextDesk
from svc_channel.domain.texting.staff import Staff, StaffNumber
from svc_channel.domain.texting.words import tell
from svc_channel.store.text_desks import list_desks


class TextingServicer(texting_pb2_grpc.TextingServiceServicer):
    """Who answers texts at which number, and whose of the staff may ask there."""

    def __init__(
        self, database: Database, menus: MenuBook, numbers: Numbers, staff: StaffAnswerers, clock: Clock
    ) -> None:
        self._database = database
        self._staff = staff
        self._commands = Commands(database)
        self._menus = menus
        self._numbers = numbers
        self._clock = clock

    async def PutTextDesk(  # noqa: N802 -- the name is the protocol's
        self,
        request: texting_pb2.PutTextDeskRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> texting_pb2.PutTextDeskResponse:
        """A number where somebody answers."""
        identity, asked = current_identity(), request.desk
        desk = TextDesk(recipient=asked.recipient, menu=asked.menu, robot=asked.robot, for_staff=asked.for_staff)
        await self._menus.refresh(at_once=True)

        async def operation(unit: UnitOfWork) -> texting_pb2.PutTextDeskResponse:
            await put_text_desk(unit, desk, self._menus, identity=identity, now=self._clock.now())
            return texting_pb2.PutTextDeskResponse(desk=_render_desk(desk))

        return await self._commands.run(request, texting_pb2.PutTextDeskResponse, operation)

    async def EndTextDesk(  # noqa: N802 -- the name is the protocol's
        self,
        request: texting_pb2.EndTextDeskRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> texting_pb2.EndTextDeskResponse:
        """A number where nobody answers any more."""
        identity = current_identity()

        async def operation(unit: UnitOfWork) -> texting_pb2.EndTextDeskResponse:
            await end_text_desk(unit, request.recipient, identity=identity)
            return texting_pb2.EndTextDeskResponse()

        return await self._commands.run(request, texting_pb2.EndTextDeskResponse, operation)

    async def ListTextDesks(  # noqa: N802 -- the name is the protocol's
        self,
        request: texting_pb2.ListTextDesksRequest,  # noqa: ARG002 -- gRPC's signature
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> texting_pb2.ListTextDesksResponse:
        """All of them."""
        async with self._database.read() as unit:
            return texting_pb2.ListTextDesksResponse(desks=[_render_desk(one) for one in await list_desks(unit)])

    async def PutStaffNumber(  # noqa: N802 -- the name is the protocol's
        self,
        request: texting_pb2.PutStaffNumberRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> texting_pb2.PutStaffNumberResponse:
        """Somebody of the staff."""
        identity, asked = current_identity(), request.staff
        staff = StaffNumber(
            subscriber_id=await find_subscriber(self._numbers, asked.msisdn),
            msisdn=asked.msisdn,
            staff_id=asked.staff_id,
            role=asked.role,
            branch=asked.branch,
        )

        async def operation(unit: UnitOfWork) -> texting_pb2.PutStaffNumberResponse:
            await put_staff_number(unit, staff, identity=identity, now=self._clock.now())
            return texting_pb2.PutStaffNumberResponse(staff=_render_staff(staff))

        return await self._commands.run(request, texting_pb2.PutStaffNumberResponse, operation)

    async def RemoveStaffNumber(  # noqa: N802 -- the name is the protocol's
        self,
        request: texting_pb2.RemoveStaffNumberRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> texting_pb2.RemoveStaffNumberResponse:
        """Nobody of the staff any more."""
        identity = current_identity()

        async def operation(unit: UnitOfWork) -> texting_pb2.RemoveStaffNumberResponse:
            await remove_staff_number(unit, request.msisdn, identity=identity)
            return texting_pb2.RemoveStaffNumberResponse()

        return await self._commands.run(request, texting_pb2.RemoveStaffNumberResponse, operation)

    async def AskAsStaff(  # noqa: N802 -- the name is the protocol's
        self,
        request: texting_pb2.AskAsStaffRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> texting_pb2.AskAsStaffResponse:
        """What staff are answered; a page has no number to which a person could answer later."""
        identity = current_identity()
        require_role(identity, *STAFF_ROLES)
        role = next(role for role in STAFF_ROLES if role in identity.roles)
        staff = Staff(staff_id=identity.subject, role=role, branch=identity.branch)
        told = await answer_staff(staff, request.question, self._staff)
        text = tell(told.language, "not_written") if told.hands_over else told.text
        return texting_pb2.AskAsStaffResponse(text=text, language=told.language.value)

    async def ListStaffNumbers(  # noqa: N802 -- the name is the protocol's
        self,
        request: texting_pb2.ListStaffNumbersRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> texting_pb2.ListStaffNumbersResponse:
        """A page of them."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        keys = decode_token(request.page_token)
        after = str(keys[0]) if keys else ""
        async with self._database.read() as unit:
            found = await list_staff_numbers(unit, identity=current_identity(), after=after, limit=limit)
        return texting_pb2.ListStaffNumbersResponse(
            staff=[_render_staff(one) for one in found],
            next_page_token=encode_token(found[-1].msisdn) if len(found) == limit else "",
        )


def _render_desk(desk: TextDesk) -> texting_pb2.TextDesk:
    return texting_pb2.TextDesk(recipient=desk.recipient, menu=desk.menu, robot=desk.robot, for_staff=desk.for_staff)


def _render_staff(staff: StaffNumber) -> texting_pb2.StaffNumber:
    return texting_pb2.StaffNumber(msisdn=staff.msisdn, staff_id=staff.staff_id, role=staff.role, branch=staff.branch)
