"""Robots over HTTP: what they are, what is said to them, and what people answer; svc-channel decides."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from carillon.channel.v1 import robot_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.robots import (
    AnswerHandover,
    CitiesKept,
    Handover,
    Handovers,
    PutRobot,
    Robot,
    RobotCities,
    RobotReply,
    RobotReport,
    Robots,
    SayToRobot,
    parse_robot,
    render_handover,
    render_reply,
    render_report,
    render_robot,
    render_robots,
)
from carillon_gateway.http.numbers import normalise_sender

router = APIRouter(prefix="/api/v1/robots", tags=["robots"], route_class=GuardedRoute)
RobotId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["guangzhou-1"])]
RobotFilter = Annotated[str, Query(pattern=r"^([a-z][a-z0-9_-]{0,39})?$", description="One robot; all if absent")]


@router.get("", summary="List robots")
async def list_robots(call: CallDep) -> Robots:
    """Every robot, which of them are online, and the cities that have none (CHN-21)."""
    return render_robots(await invoke(call.peers.robots.ListRobots, robot_pb2.ListRobotsRequest()))


@router.get("/reports", summary="What people say to robots")
async def get_robot_report(
    call: CallDep,
    first_day: Annotated[date | None, Query(description="Today if absent")] = None,
    last_day: Annotated[date | None, Query(description="Today if absent")] = None,
    robot: RobotFilter = "",
) -> RobotReport:
    """Live counts of complaints and suggestions per product (CHN-25), and of how robots answer (CHN-23)."""
    request = robot_pb2.GetRobotReportRequest(
        first_day=first_day.isoformat() if first_day else "",
        last_day=last_day.isoformat() if last_day else "",
        robot_id=robot,
    )
    return render_report(await invoke(call.peers.robots.GetRobotReport, request))


@router.get("/handovers", summary="Questions that wait for a person")
async def list_handovers(
    call: CallDep,
    answered: Annotated[bool, Query(description="Those that were answered instead")] = False,
    robot: RobotFilter = "",
    page_size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Handovers:
    """Open ones, the oldest first (CHN-26). A partner names one of its own robots."""
    request = robot_pb2.ListHandoversRequest(answered=answered, robot_id=robot, page_size=page_size)
    answer = await invoke(call.peers.robots.ListHandovers, request)
    return Handovers(handovers=[render_handover(one) for one in answer.handovers])


@router.post("/handovers/{id}/answer", summary="Answer a question for a robot")
async def answer_handover(id: UUID, body: AnswerHandover, call: CallDep) -> Handover:  # noqa: A002 -- the name of the others
    """Once; it goes to the asker by SMS where the asker is a subscriber's number. HANDOVER_ANSWERED answers 409."""
    request = robot_pb2.AnswerHandoverRequest(request_id=call.request_id, id=str(id), answer=body.answer)
    return render_handover((await invoke(call.peers.robots.AnswerHandover, request)).handover)


@router.put("/cities", summary="Say which cities must have a robot")
async def set_robot_cities(body: RobotCities, call: CallDep) -> CitiesKept:
    """These and no others (CHN-21)."""
    request = robot_pb2.SetRobotCitiesRequest(request_id=call.request_id, cities=list(dict.fromkeys(body.cities)))
    return CitiesKept(cities=(await invoke(call.peers.robots.SetRobotCities, request)).cities)


@router.put("/{id}", summary="Make or change a robot")
async def put_robot(id: RobotId, body: PutRobot, call: CallDep) -> Robot:  # noqa: A002 -- the contract's name
    """It answers from its next message on. A branch keeps the robots of its own city."""
    request = parse_robot(id, body, request_id=call.request_id)
    return render_robot((await invoke(call.peers.robots.PutRobot, request)).robot)


@router.post("/{id}/messages", summary="Say something to a robot")
async def take_robot_message(id: RobotId, body: SayToRobot, call: CallDep) -> RobotReply:  # noqa: A002 -- the contract's name
    """Its answer (CHN-20, CHN-27); the same message again, by its Idempotency-Key, has the same.

    ROBOT_UNKNOWN answers 404, ROBOT_OFF 409.
    """
    saying = robot_pb2.RobotSaying(request_id=call.request_id, text=body.text)
    setattr(saying, "from", normalise_sender(body.from_))
    return render_reply(await call.peers.sayings.say(id, saying))
