"""Robots, their reports and hand-overs as protobuf has them, one function each way; decides nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from carillon.channel.v1 import robot_pb2
from carillon_chassis.errors import DomainError
from carillon_chassis.wire_errors import code_of
from svc_channel.api.timestamps import render_time
from svc_channel.domain.robots.robot import Activity, ActivityKind, Robot, cities_without, is_online
from svc_channel.store.handovers import Handover
from svc_channel.store.interactions import InteractionCount
from svc_channel.store.robots import KeptRobot


def parse_robot(message: robot_pb2.Robot) -> Robot:
    """The robot. Raises InvalidInput ROBOT_INVALID."""
    return Robot(
        id=message.id,
        city=message.city,
        menu=message.menu,
        supplier=message.supplier,
        enabled=message.enabled,
        activities=tuple(
            Activity(code=one.code.casefold(), kind=ActivityKind(one.kind), target=one.target)
            for one in message.activities
        ),
    )


def render_refusal(error: DomainError) -> robot_pb2.TakeRobotMessageResponse:
    """In the place of an answer, why there is none."""
    refusal = robot_pb2.RobotRefusal(
        code=code_of(error).value[0], reason=error.reason, detail=error.detail, field=error.field
    )
    return robot_pb2.TakeRobotMessageResponse(refusal=refusal)


def render_robot(robot: Robot) -> robot_pb2.Robot:
    """The robot as it is kept."""
    return robot_pb2.Robot(
        id=robot.id,
        city=robot.city,
        menu=robot.menu,
        supplier=robot.supplier,
        enabled=robot.enabled,
        activities=[
            robot_pb2.RobotActivity(code=one.code, kind=one.kind.value, target=one.target) for one in robot.activities
        ],
    )


def render_robots(kept: Sequence[KeptRobot], cities: Sequence[str], *, now: datetime) -> robot_pb2.ListRobotsResponse:
    """All robots and the cities without one online (CHN-21)."""
    online = [one.robot for one in kept if is_online(one.robot, one.seen_at, now=now)]
    return robot_pb2.ListRobotsResponse(
        robots=[
            robot_pb2.RobotStatus(
                robot=render_robot(one.robot),
                online=is_online(one.robot, one.seen_at, now=now),
                seen_at=render_time(one.seen_at),
            )
            for one in kept
        ],
        cities_without=cities_without(cities, online),
    )


def render_report(counts: Sequence[InteractionCount], *, handovers_open: int) -> robot_pb2.GetRobotReportResponse:
    """The counts by what was said, and by how it was answered."""
    remarks: Counter[tuple[str, str]] = Counter()
    answers: Counter[tuple[str, str]] = Counter()
    for one in counts:
        remarks[one.remark, one.product] += one.count
        answers[one.robot, one.kind] += one.count
    return robot_pb2.GetRobotReportResponse(
        interactions=sum(one.count for one in counts),
        remarks=[
            robot_pb2.RemarkCount(remark=remark, product=product, count=count)
            for (remark, product), count in sorted(remarks.items())
        ],
        answers=[
            robot_pb2.AnswerCount(robot_id=robot, kind=kind, count=count)
            for (robot, kind), count in sorted(answers.items())
        ],
        handovers_open=handovers_open,
    )


def render_handover(handover: Handover) -> robot_pb2.Handover:
    """The question and its answer."""
    return robot_pb2.Handover(
        id=str(handover.id),
        robot_id=handover.robot,
        asker=handover.peer,
        question=handover.question,
        asked_at=render_time(handover.asked_at),
        answer=handover.answer,
        answered_by=handover.answered_by,
        answered_at=render_time(handover.answered_at),
    )
