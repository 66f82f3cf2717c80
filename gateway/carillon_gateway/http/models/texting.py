"""Text desks and numbers of the staff in JSON; it must not answer anybody."""

from typing import Literal

from pydantic import Field

from carillon.channel.v1 import texting_pb2
from carillon_gateway.http.models.shapes import Answer, Body, ShortText

StaffRole = Literal["hall_terminal", "agent", "branch_operator", "province_admin"]


class PutTextDesk(Body):
    """Who answers texts at a number: a menu, or a robot; and whether registered staff are answered there."""

    menu: str = Field(default="", pattern=r"^([a-z][a-z0-9_-]{0,39})?$", examples=["text-zh"])
    robot: str = Field(default="", pattern=r"^([a-z][a-z0-9_-]{0,39})?$", examples=["guangzhou-1"])
    for_staff: bool = False


class TextDesk(PutTextDesk):
    """A number at which texts are answered."""

    recipient: str


class TextDesks(Answer):
    """All of them, by number."""

    desks: list[TextDesk]


class PutStaffNumber(Body):
    """Whose a number is, and as what they are answered."""

    staff_id: ShortText = Field(min_length=1, examples=["s-1024"])
    role: StaffRole
    branch: ShortText = Field(default="", description="Empty for the whole province", examples=["guangzhou"])


class StaffNumber(Answer):
    """A number of the staff."""

    msisdn: str
    staff_id: str
    role: StaffRole
    branch: str


class StaffNumbers(Answer):
    """A page of them, by number."""

    staff: list[StaffNumber]
    next_page_token: str | None


def parse_desk(recipient: str, body: PutTextDesk, *, request_id: str) -> texting_pb2.PutTextDeskRequest:
    """The request for svc-channel."""
    desk = texting_pb2.TextDesk(recipient=recipient, menu=body.menu, robot=body.robot, for_staff=body.for_staff)
    return texting_pb2.PutTextDeskRequest(request_id=request_id, desk=desk)


def render_desk(desk: texting_pb2.TextDesk) -> TextDesk:
    """The desk as JSON has it."""
    return TextDesk(recipient=desk.recipient, menu=desk.menu, robot=desk.robot, for_staff=desk.for_staff)


def parse_staff(msisdn: str, body: PutStaffNumber, *, request_id: str) -> texting_pb2.PutStaffNumberRequest:
    """The request for svc-channel."""
    staff = texting_pb2.StaffNumber(msisdn=msisdn, staff_id=body.staff_id, role=body.role, branch=body.branch)
    return texting_pb2.PutStaffNumberRequest(request_id=request_id, staff=staff)


def render_staff(staff: texting_pb2.StaffNumber) -> StaffNumber:
    """The number as JSON has it."""
    return StaffNumber.model_validate(
        {"msisdn": staff.msisdn, "staff_id": staff.staff_id, "role": staff.role, "branch": staff.branch}
    )
