"""What the tests of sessions share: a real database, real gRPC, and the other services stood in for."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

import svc_channel.migrations
from carillon.channel.v1 import session_pb2, session_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_channel.main import build
from svc_channel.settings import Settings

from .suite import Suite, serve_suite

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


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """A fresh database of the service."""
    return await make_database(svc_channel.migrations.__path__[0])


@pytest.fixture
async def suite() -> AsyncIterator[Suite]:
    """The other services."""
    folder = Path(tempfile.mkdtemp(prefix="cts"))
    async with serve_suite(folder) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(database: Database, suite: Suite) -> Settings:
    """Settings of the service with every peer at the stand-ins; its link to an SMSC is never opened."""
    return Settings(
        database_url=database.url,
        listen="unix:unused",
        data_dir=Path(suite.folder),
        segment_address=suite.address,
        catalog_address=suite.address,
        reward_address=suite.address,
        campaign_address=suite.address,
        smsc_port=1,
        smsc_system_id="test",
        smsc_password="test-pw",
    )


@pytest.fixture
async def desk(settings: Settings, suite: Suite, database: Database, serving: Serving) -> AsyncIterator[Desk]:
    """The service without its workers."""
    service = build(settings)
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel=channel, suite=suite, database=database)
    await service.database.close()
