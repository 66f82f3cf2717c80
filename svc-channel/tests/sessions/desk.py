"""A service under test and the calls that tests of sessions make; nothing of it is used by the product."""

from dataclasses import dataclass, field
from typing import Any

import grpc

from carillon.channel.v1 import session_pb2, session_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as

from .suite import Suite

ADMIN = Identity(subject="ops-1", roles=frozenset({"province_admin"}))


@dataclass
class Desk:
    """A service under test and the calls that tests make."""

    channel: grpc.aio.Channel
    suite: Suite
    database: Database
    turns: dict[str, int] = field(default_factory=dict)

    @property
    def sessions(self) -> session_pb2_grpc.SessionServiceStub:
        """Its sessions."""
        return session_pb2_grpc.SessionServiceStub(self.channel)

    async def turn(self, text: str = "", **overrides: Any) -> session_pb2.TakeTurnResponse:
        """One more turn of +8613800000007's USSD session: an input, or what the overrides say."""
        session = str(overrides.get("session", "1"))
        self.turns[session] = self.turns.get(session, 0) + 1
        fields = {
            "request_id": f"turn-{self.turns[session]}",
            "channel": "ussd",
            "msisdn": "+8613800000007",
            "session": session,
            "kind": session_pb2.TURN_KIND_INPUT,
            "text": text,
            **overrides,
        }
        with acting_as(Identity(subject="portal-1", roles=frozenset({"portal"}))):
            return await invoke(self.sessions.TakeTurn, session_pb2.TakeTurnRequest(**fields))

    async def begin(self, **overrides: Any) -> session_pb2.TakeTurnResponse:
        """Dials *100*2#, the English menu."""
        return await self.turn(**{"kind": session_pb2.TURN_KIND_BEGIN, "code": "*100*2#", **overrides})
