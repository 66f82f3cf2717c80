"""Stand-ins for svc-channel's sessions, robots and knowledge; they must not be more than the edge's tests need."""

import json
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.channel.v1 import (
    hotline_pb2_grpc,
    knowledge_pb2,
    knowledge_pb2_grpc,
    robot_pb2,
    robot_pb2_grpc,
    session_pb2,
    session_pb2_grpc,
    texting_pb2_grpc,
)
from carillon_chassis.errors import InvalidInput, NotFound
from carillon_gateway.testing.hotline import HotlineStandIn
from carillon_gateway.testing.texting import TextingStandIn

# What the robots refuse as svc-channel does a message that it can't answer in time.
REFUSED = "refused"
REFUSAL = robot_pb2.RobotRefusal(code=14, reason="SLOW", detail="the answer takes long")
HANDOVER_ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"


class SessionsStandIn(session_pb2_grpc.SessionServiceServicer):
    """Says back what it was told."""

    def __init__(self) -> None:
        self._menus: dict[str, session_pb2.Menu] = {}

    async def TakeTurn(self, request: session_pb2.TakeTurnRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The turn in words."""
        kind = session_pb2.TurnKind.Name(request.kind).removeprefix("TURN_KIND_").lower()
        text = f"{request.channel} {kind} {request.msisdn} {request.text or request.code} {request.request_id}"
        ends = request.kind == session_pb2.TURN_KIND_ABORT
        turn = request.request_id[-8:]
        return session_pb2.TakeTurnResponse(session_id="" if ends else HANDOVER_ID, text=text, ends=ends, turn=turn)

    async def PushMenu(self, request: session_pb2.PushMenuRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The push in words."""
        return session_pb2.PushMenuResponse(session_id=HANDOVER_ID, text=f"{request.msisdn} {request.code}")

    async def PutMenu(self, request: session_pb2.PutMenuRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        data = json.loads(request.definition)
        if data["start"] not in data["nodes"]:
            raise InvalidInput(reason="NODE_UNKNOWN", field="start", detail="there is no such node")
        menu = session_pb2.Menu(name=data["name"], definition=request.definition, version=1)
        self._menus[menu.name] = menu
        return session_pb2.PutMenuResponse(menu=menu)

    async def GetMenu(self, request: session_pb2.GetMenuRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        if request.name not in self._menus:
            raise NotFound(reason="MENU_UNKNOWN", field="name", detail="there is no such menu")
        return session_pb2.GetMenuResponse(menu=self._menus[request.name])

    async def ListMenus(self, request: session_pb2.ListMenusRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of them."""
        summaries = [session_pb2.MenuSummary(name=name, language="zh", nodes=1) for name in self._menus]
        return session_pb2.ListMenusResponse(menus=summaries)


class RobotsStandIn(robot_pb2_grpc.RobotServiceServicer):
    """Robots in memory that hand everything over."""

    def __init__(self) -> None:
        self._robots: dict[str, robot_pb2.Robot] = {}
        self._cities: list[str] = []

    async def PutRobot(self, request: robot_pb2.PutRobotRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        self._robots[request.robot.id] = request.robot
        return robot_pb2.PutRobotResponse(robot=request.robot)

    async def SetRobotCities(self, request: robot_pb2.SetRobotCitiesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps them."""
        self._cities = list(request.cities)
        return robot_pb2.SetRobotCitiesResponse(cities=len(self._cities))

    async def ListRobots(self, request: robot_pb2.ListRobotsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Nobody is online."""
        statuses = [robot_pb2.RobotStatus(robot=robot) for robot in self._robots.values()]
        return robot_pb2.ListRobotsResponse(robots=statuses, cities_without=self._cities)

    async def TakeRobotMessage(self, request: robot_pb2.TakeRobotMessageRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Hands it over."""
        if request.robot_id not in self._robots:
            raise NotFound(reason="ROBOT_UNKNOWN", field="id", detail="there is no such robot")
        text = f"{getattr(request, 'from')}: {request.text}"
        return robot_pb2.TakeRobotMessageResponse(text=text, kind="handover", handover_id=HANDOVER_ID)

    async def TakeRobotMessages(self, request: robot_pb2.TakeRobotMessagesRequest, context: Any) -> Any:  # noqa: N802 -- gRPC's signature
        """Hands all of them over."""
        one = robot_pb2.TakeRobotMessageRequest
        singles = [
            one(robot_id=request.robot_id, text=said.text, **{"from": getattr(said, "from")})
            for said in request.sayings
        ]
        replies = [
            robot_pb2.TakeRobotMessageResponse(refusal=REFUSAL)
            if single.text == REFUSED
            else await self.TakeRobotMessage(single, context)
            for single in singles
        ]
        return robot_pb2.TakeRobotMessagesResponse(replies=replies)

    async def GetRobotReport(self, request: robot_pb2.GetRobotReportRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One complaint."""
        return robot_pb2.GetRobotReportResponse(
            interactions=1,
            remarks=[robot_pb2.RemarkCount(remark="complaint", product="CRBT", count=1)],
            answers=[robot_pb2.AnswerCount(robot_id=request.robot_id, kind="handover", count=1)],
            handovers_open=1,
        )

    async def ListHandovers(self, request: robot_pb2.ListHandoversRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One."""
        return robot_pb2.ListHandoversResponse(handovers=[_handover("yes" if request.answered else "")])

    async def AnswerHandover(self, request: robot_pb2.AnswerHandoverRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Answered."""
        return robot_pb2.AnswerHandoverResponse(handover=_handover(request.answer))


class KnowledgeStandIn(knowledge_pb2_grpc.KnowledgeServiceServicer):
    """Entries in memory; knows only what it was taught word by word."""

    def __init__(self) -> None:
        self._entries: dict[str, knowledge_pb2.KnowledgeEntry] = {}

    async def PutEntry(self, request: knowledge_pb2.PutEntryRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        entry = request.entry
        entry.id = entry.id or HANDOVER_ID
        self._entries[entry.id] = entry
        return knowledge_pb2.PutEntryResponse(entry=entry)

    async def RetireEntry(self, request: knowledge_pb2.RetireEntryRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Forgets it."""
        if self._entries.pop(request.id, None) is None:
            raise NotFound(reason="ENTRY_UNKNOWN", field="id", detail="there is no such entry")
        return knowledge_pb2.RetireEntryResponse()

    async def ListEntries(self, request: knowledge_pb2.ListEntriesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of them."""
        return knowledge_pb2.ListEntriesResponse(entries=list(self._entries.values()))

    async def AskKnowledge(self, request: knowledge_pb2.AskKnowledgeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The answer to a question it knows."""
        for entry in self._entries.values():
            if entry.question == request.question:
                return knowledge_pb2.AskKnowledgeResponse(answer=entry.answer, entry_id=entry.id, confidence=1.0)
        return knowledge_pb2.AskKnowledgeResponse()


def add_talk(server: grpc.aio.Server) -> None:
    """Puts all of them on a server."""
    hotline_pb2_grpc.add_HotlineServiceServicer_to_server(HotlineStandIn(), server)
    session_pb2_grpc.add_SessionServiceServicer_to_server(SessionsStandIn(), server)
    robot_pb2_grpc.add_RobotServiceServicer_to_server(RobotsStandIn(), server)
    knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server(KnowledgeStandIn(), server)
    texting_pb2_grpc.add_TextingServiceServicer_to_server(TextingStandIn(), server)


def _handover(answer: str) -> robot_pb2.Handover:
    asked_at = Timestamp()
    asked_at.FromDatetime(datetime(2026, 11, 22, tzinfo=UTC))
    handover = robot_pb2.Handover(id=HANDOVER_ID, robot_id="gz-1", asker="+8613800138000", question="?", answer=answer)
    handover.asked_at.CopyFrom(asked_at)
    if answer:
        handover.answered_at.CopyFrom(asked_at)
        handover.answered_by = "agent"
    return handover
