"""Somebody who talks to a robot of Guangzhou, and the people around it; nothing of it is used by the product."""

import uuid
from typing import Any

from carillon.channel.v1 import knowledge_pb2, knowledge_pb2_grpc, robot_pb2, robot_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.identity import Identity, acting_as

from .desk import ADMIN, Desk

PARTNER = Identity(subject="partner-1", roles=frozenset({"partner"}))
AGENT = Identity(subject="agent-1", roles=frozenset({"agent"}), branch="guangzhou")
PORTAL = Identity(subject="portal-1", roles=frozenset({"portal"}))
SALE = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e00"
DRAW = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e01"
MSISDN = "+8613800000007"


class Talk:
    """A robot of Guangzhou and whoever talks to it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.robots = robot_pb2_grpc.RobotServiceStub(desk.channel)
        self.knowledge = knowledge_pb2_grpc.KnowledgeServiceStub(desk.channel)

    async def put(self, *, by: Identity = ADMIN, **overrides: Any) -> robot_pb2.PutRobotResponse:
        """Makes or changes a robot."""
        activity = robot_pb2.RobotActivity(code="1001", kind="sale", target=SALE)
        fields = {
            "id": "gz-1",
            "city": "guangzhou",
            "supplier": "partner-1",
            "enabled": True,
            "activities": [activity],
            **overrides,
        }
        request = robot_pb2.PutRobotRequest(request_id=str(uuid.uuid4()), robot=robot_pb2.Robot(**fields))
        with acting_as(by):
            return await invoke(self.robots.PutRobot, request)

    async def say(
        self, text: str, *, key: str = "", peer: str = MSISDN, robot: str = "gz-1", by: Identity = PARTNER
    ) -> robot_pb2.TakeRobotMessageResponse:
        """One message."""
        request = robot_pb2.TakeRobotMessageRequest(
            request_id=key or str(uuid.uuid4()), robot_id=robot, text=text, **{"from": peer}
        )
        with acting_as(by):
            return await invoke(self.robots.TakeRobotMessage, request)

    async def teach(self, question: str, answer: str, *variants: str, audience: str = "subscriber") -> str:
        """A new entry; its id."""
        entry = knowledge_pb2.KnowledgeEntry(audience=audience, question=question, variants=variants, answer=answer)
        request = knowledge_pb2.PutEntryRequest(request_id=str(uuid.uuid4()), entry=entry)
        with acting_as(ADMIN):
            return (await invoke(self.knowledge.PutEntry, request)).entry.id

    async def report(self, **fields: str) -> robot_pb2.GetRobotReportResponse:
        """The counts."""
        with acting_as(ADMIN):
            return await invoke(self.robots.GetRobotReport, robot_pb2.GetRobotReportRequest(**fields))
