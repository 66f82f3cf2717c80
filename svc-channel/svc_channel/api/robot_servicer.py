"""RobotService: reads requests, calls use cases, renders answers; decides nothing."""

import asyncio
import logging
from datetime import date, tzinfo
from typing import Any, Final
from uuid import UUID

from carillon.channel.v1 import robot_pb2, robot_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import DomainError, InvalidInput, Unavailable
from carillon_chassis.identity import current_identity, require_role
from carillon_chassis.paging import DEFAULT_PAGE_SIZE
from svc_channel.api.robot_messages import (
    parse_robot,
    render_handover,
    render_refusal,
    render_report,
    render_robot,
    render_robots,
)
from svc_channel.api.session_servicer import turn_key
from svc_channel.app.answer_handover import answer_handover, find_asker
from svc_channel.app.menu_book import MenuBook
from svc_channel.app.numbers import Numbers
from svc_channel.app.put_robot import put_robot
from svc_channel.app.robot_access import own_city, require_own_robot
from svc_channel.app.robot_book import RobotBook
from svc_channel.app.robot_talk import RobotTalk
from svc_channel.store.handovers import count_open, list_handovers
from svc_channel.store.interactions import report_interactions
from svc_channel.store.robots import list_cities, list_robot_rows, set_cities

# A report adds up a row a day, robot, product and kind; a year of them is read in a moment.
LONGEST_REPORT_DAYS: Final = 366
# Less than the gateway waits for a call, so that the others of a call have their answers in time.
SAYING_SECONDS: Final = 12.0

logger = logging.getLogger(__name__)


class RobotServicer(robot_pb2_grpc.RobotServiceServicer):
    """Robots, what is said to them, and whom they hand over to."""

    def __init__(
        self,
        database: Database,
        *,
        talk: RobotTalk,
        robots: RobotBook,
        menus: MenuBook,
        numbers: Numbers,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        self._database = database
        self._commands = Commands(database)
        self._talk = talk
        self._robots = robots
        self._menus = menus
        self._numbers = numbers
        self._clock = clock
        self._zone = zone
        self._answering: set[asyncio.Task[robot_pb2.TakeRobotMessageResponse]] = set()

    async def PutRobot(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.PutRobotRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.PutRobotResponse:
        """A robot from its next message on."""
        robot, identity = parse_robot(request.robot), current_identity()
        await self._menus.refresh(at_once=True)

        async def operation(unit: UnitOfWork) -> robot_pb2.PutRobotResponse:
            await put_robot(unit, robot, self._menus, identity=identity, now=self._clock.now())
            return robot_pb2.PutRobotResponse(robot=render_robot(robot))

        response = await self._commands.run(request, robot_pb2.PutRobotResponse, operation)
        await self._robots.refresh(at_once=True)
        return response

    async def SetRobotCities(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.SetRobotCitiesRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.SetRobotCitiesResponse:
        """The cities that must have a robot."""
        require_role(current_identity(), "province_admin")

        async def operation(unit: UnitOfWork) -> robot_pb2.SetRobotCitiesResponse:
            await set_cities(unit, request.cities)
            return robot_pb2.SetRobotCitiesResponse(cities=len(request.cities))

        return await self._commands.run(request, robot_pb2.SetRobotCitiesResponse, operation)

    async def ListRobots(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.ListRobotsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.ListRobotsResponse:
        """Robots and cities without one."""
        async with self._database.read() as unit:
            robots, cities = await list_robot_rows(unit), await list_cities(unit)
        return render_robots(robots, cities, now=self._clock.now())

    async def TakeRobotMessage(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.TakeRobotMessageRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.TakeRobotMessageResponse:
        """One answer."""
        require_own_robot(await self._robots.find(request.robot_id), current_identity())
        return await self._answer(request.robot_id, request)

    async def TakeRobotMessages(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.TakeRobotMessagesRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.TakeRobotMessagesResponse:
        """Answers in the messages' order; one that can't be given, or not in time, is refused in its place."""
        require_own_robot(await self._robots.find(request.robot_id), current_identity())
        replies = await asyncio.gather(*(self._answer_one(request.robot_id, saying) for saying in request.sayings))
        return robot_pb2.TakeRobotMessagesResponse(replies=replies)

    async def _answer_one(self, robot_id: str, saying: robot_pb2.RobotSaying) -> robot_pb2.TakeRobotMessageResponse:
        """One of many, which must not take the others' answers; finished and kept even when it is late."""
        task = asyncio.create_task(self._answer(robot_id, saying))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        try:
            return await asyncio.wait_for(asyncio.shield(task), SAYING_SECONDS)
        except TimeoutError:
            detail = "the answer takes long; ask for it again in a moment under the same key"
            return render_refusal(Unavailable(reason="SLOW", detail=detail))
        except DomainError as error:
            return render_refusal(error)
        except Exception:
            logger.exception("a message to %s was not answered", robot_id)
            return render_refusal(DomainError(reason="INTERNAL", detail="the message could not be answered"))

    async def _answer(
        self, robot_id: str, saying: robot_pb2.TakeRobotMessageRequest | robot_pb2.RobotSaying
    ) -> robot_pb2.TakeRobotMessageResponse:
        kept = await self._talk.take(
            robot_id=robot_id,
            peer=getattr(saying, "from"),
            key=turn_key(saying.request_id),
            text=saying.text.replace("\0", ""),
            # A partner's messenger says itself who writes; a portal has signed its people in.
            proven="partner" not in current_identity().roles,
        )
        handover_id = str(kept.handover_id) if kept.handover_id else ""
        return robot_pb2.TakeRobotMessageResponse(text=kept.reply, kind=kept.kind, handover_id=handover_id)

    async def GetRobotReport(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.GetRobotReportRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.GetRobotReportResponse:
        """Counts up to this moment (CHN-25)."""
        today = self._clock.now().astimezone(self._zone).date()
        first, last = _day(request.first_day, today, "first_day"), _day(request.last_day, today, "last_day")
        if not 0 <= (last - first).days < LONGEST_REPORT_DAYS:
            detail = f"from the first to the last day, at most {LONGEST_REPORT_DAYS} of them"
            raise InvalidInput(reason="DAYS_INVALID", field="last_day", detail=detail)
        async with self._database.read() as unit:
            counts = await report_interactions(unit, first=first, last=last, robot=request.robot_id)
            return render_report(counts, handovers_open=await count_open(unit, robot=request.robot_id))

    async def ListHandovers(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.ListHandoversRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.ListHandoversResponse:
        """Questions for people; a partner names one of its own robots, a branch sees those of its city."""
        identity = current_identity()
        if "partner" in identity.roles:
            require_own_robot(await self._robots.find(request.robot_id), identity)
        limit = request.page_size or DEFAULT_PAGE_SIZE
        async with self._database.read() as unit:
            found = await list_handovers(
                unit, answered=request.answered, robot=request.robot_id, city=own_city(identity), limit=limit
            )
        return robot_pb2.ListHandoversResponse(handovers=[render_handover(one) for one in found])

    async def AnswerHandover(  # noqa: N802 -- the name is the protocol's
        self,
        request: robot_pb2.AnswerHandoverRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> robot_pb2.AnswerHandoverResponse:
        """A person's answer."""
        handover_id, identity = UUID(request.id), current_identity()
        asker = await find_asker(self._database, self._numbers, handover_id)

        async def operation(unit: UnitOfWork) -> robot_pb2.AnswerHandoverResponse:
            answered = await answer_handover(
                unit, handover_id, request.answer, asker=asker, identity=identity, now=self._clock.now()
            )
            return robot_pb2.AnswerHandoverResponse(handover=render_handover(answered))

        return await self._commands.run(request, robot_pb2.AnswerHandoverResponse, operation)


def _day(written: str, today: date, field: str) -> date:
    try:
        return date.fromisoformat(written) if written else today
    except ValueError as error:
        raise InvalidInput(reason="DAYS_INVALID", field=field, detail=f"{written} is no day") from error
