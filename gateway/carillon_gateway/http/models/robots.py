"""Robots, what is said to them, hand-overs and knowledge in JSON; it must not answer anybody."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from carillon.channel.v1 import knowledge_pb2, robot_pb2
from carillon_gateway.http.models.shapes import Answer, Body, ShortText, Text, render_optional_time, render_time


class RobotActivity(Body):
    """What a text command with this code takes part in."""

    code: str = Field(pattern=r"^[0-9A-Za-z]{1,12}$", examples=["1001"])
    kind: Literal["sale", "draw"]
    target: UUID


class PutRobot(Body):
    """A robot of a city; ``supplier`` is the client id of the partner who runs it (CHN-23)."""

    city: ShortText = Field(default="", description="Empty for the whole province", examples=["guangzhou"])
    menu: str = Field(default="", pattern=r"^([a-z][a-z0-9_-]{0,39})?$", description="Empty for the product's own")
    supplier: ShortText = ""
    enabled: bool = True
    activities: list[RobotActivity] = Field(default_factory=list, max_length=50)


class Robot(Answer):
    """A robot as it stands."""

    id: str
    city: str
    menu: str
    supplier: str
    enabled: bool
    activities: list[RobotActivity]


class RobotStatus(Robot):
    """A robot, and whether it was heard of lately."""

    online: bool
    seen_at: datetime | None


class Robots(Answer):
    """All robots; every city of ``cities_without`` has none online and must have one (CHN-21)."""

    robots: list[RobotStatus]
    cities_without: list[str]


class RobotCities(Body):
    """The cities that must have a robot."""

    cities: list[ShortText] = Field(max_length=500)


class CitiesKept(Answer):
    """How many cities must have a robot."""

    cities: int


class SayToRobot(Body):
    """One message to a robot."""

    from_: Text = Field(
        alias="from",
        min_length=1,
        max_length=64,
        description="A phone number, or the name under which the messenger knows somebody",
        examples=["+8613800138000"],
    )
    text: Text = Field(max_length=500)


class RobotReply(Answer):
    """The robot's answer; with ``handover`` a person will answer."""

    text: str
    kind: Literal["menu", "command", "knowledge", "product", "handover"]
    handover_id: str | None


class RemarkCount(Answer):
    """So many messages were of this kind and about this product."""

    remark: Literal["complaint", "suggestion", "product", "other"]
    product: str | None
    count: int


class AnswerCount(Answer):
    """So many messages of a robot were answered so."""

    robot: str
    kind: str
    count: int


class RobotReport(Answer):
    """What was said up to this moment, and how it was answered (CHN-25)."""

    interactions: int
    remarks: list[RemarkCount]
    answers: list[AnswerCount]
    handovers_open: int


class Handover(Answer):
    """A question that a robot could not answer."""

    id: str
    robot: str
    asker: str
    question: str
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class Handovers(Answer):
    """Open ones, the oldest first; or answered ones, the newest first."""

    handovers: list[Handover]


class AnswerHandover(Body):
    """A person's answer."""

    answer: Text = Field(min_length=1, max_length=500)


class PutKnowledge(Body):
    """A question and its answer, for subscribers or for the sales front line too (CHN-31)."""

    audience: Literal["subscriber", "staff"]
    question: Text = Field(min_length=1, max_length=200)
    variants: list[Text] = Field(default_factory=list, max_length=20)
    answer: Text = Field(min_length=1, max_length=1000)


class Knowledge(PutKnowledge):
    """An entry of the knowledge base."""

    id: str


class KnowledgePage(Answer):
    """A page of entries."""

    entries: list[Knowledge]
    next_page_token: str | None


class KnowledgeAnswer(Answer):
    """The surest answer; all fields empty where nothing is known."""

    answer: str | None
    entry_id: str | None
    confidence: float = Field(description="The share of the question that the entry covers, 0 to 1")


def parse_robot(robot_id: str, body: PutRobot, *, request_id: str) -> robot_pb2.PutRobotRequest:
    """The request for svc-channel."""
    robot = robot_pb2.Robot(
        id=robot_id,
        city=body.city,
        menu=body.menu,
        supplier=body.supplier,
        enabled=body.enabled,
        activities=[
            robot_pb2.RobotActivity(code=one.code, kind=one.kind, target=str(one.target)) for one in body.activities
        ],
    )
    return robot_pb2.PutRobotRequest(request_id=request_id, robot=robot)


def render_robot(robot: robot_pb2.Robot) -> Robot:
    """The robot as JSON has it."""
    return Robot.model_validate(_robot(robot))


def render_robots(answer: robot_pb2.ListRobotsResponse) -> Robots:
    """All robots as JSON has them."""
    return Robots(
        robots=[
            RobotStatus.model_validate(
                _robot(one.robot) | {"online": one.online, "seen_at": render_optional_time(one, "seen_at")}
            )
            for one in answer.robots
        ],
        cities_without=list(answer.cities_without),
    )


def _robot(robot: robot_pb2.Robot) -> dict[str, object]:
    return {
        "id": robot.id,
        "city": robot.city,
        "menu": robot.menu,
        "supplier": robot.supplier,
        "enabled": robot.enabled,
        "activities": [{"code": one.code, "kind": one.kind, "target": one.target} for one in robot.activities],
    }


def render_reply(answer: robot_pb2.TakeRobotMessageResponse) -> RobotReply:
    """The answer as JSON has it."""
    return RobotReply.model_validate(
        {"text": answer.text, "kind": answer.kind, "handover_id": answer.handover_id or None}
    )


def render_report(answer: robot_pb2.GetRobotReportResponse) -> RobotReport:
    """The counts as JSON has them."""
    return RobotReport.model_validate(
        {
            "interactions": answer.interactions,
            "remarks": [
                {"remark": one.remark, "product": one.product or None, "count": one.count} for one in answer.remarks
            ],
            "answers": [{"robot": one.robot_id, "kind": one.kind, "count": one.count} for one in answer.answers],
            "handovers_open": answer.handovers_open,
        }
    )


def render_handover(handover: robot_pb2.Handover) -> Handover:
    """The question as JSON has it."""
    return Handover(
        id=handover.id,
        robot=handover.robot_id,
        asker=handover.asker,
        question=handover.question,
        asked_at=render_time(handover.asked_at),
        answer=handover.answer or None,
        answered_by=handover.answered_by or None,
        answered_at=render_optional_time(handover, "answered_at"),
    )


def parse_entry(body: PutKnowledge, *, entry_id: str, request_id: str) -> knowledge_pb2.PutEntryRequest:
    """The request for svc-channel."""
    entry = knowledge_pb2.KnowledgeEntry(
        id=entry_id, audience=body.audience, question=body.question, variants=body.variants, answer=body.answer
    )
    return knowledge_pb2.PutEntryRequest(request_id=request_id, entry=entry)


def render_entry(entry: knowledge_pb2.KnowledgeEntry) -> Knowledge:
    """The entry as JSON has it."""
    return Knowledge.model_validate(
        {
            "id": entry.id,
            "audience": entry.audience,
            "question": entry.question,
            "variants": list(entry.variants),
            "answer": entry.answer,
        }
    )
