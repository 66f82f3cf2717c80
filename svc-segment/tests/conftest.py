"""A served svc-segment for the tests of this folder, over a real socket and a real database."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

import svc_segment.migrations
from carillon.segment.v1 import (
    classification_pb2_grpc,
    event_pb2_grpc,
    match_pb2_grpc,
    membership_pb2_grpc,
    segment_pb2_grpc,
    snapshot_pb2_grpc,
    subscriber_pb2_grpc,
    tag_pb2_grpc,
)
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_segment.main import build
from svc_segment.settings import Settings

from .match_desk import MatchDesk
from .segmentation import Segmentation, csv_file, number_of
from .tag_desk import PEOPLE, Tagging


@pytest.fixture(autouse=True)
def caller() -> Iterator[Identity]:
    """Who the tests of this folder are, where they don't say otherwise: somebody who may make segments."""
    identity = Identity(subject="tester", roles=frozenset({"province_admin"}))
    with acting_as(identity):
        yield identity


def over(channel: grpc.aio.Channel, database: Database, data_dir: Path) -> Segmentation:
    return Segmentation(
        snapshots=snapshot_pb2_grpc.SnapshotServiceStub(channel),
        segments=segment_pb2_grpc.SegmentServiceStub(channel),
        memberships=membership_pb2_grpc.MembershipServiceStub(channel),
        subscribers=subscriber_pb2_grpc.SubscriberServiceStub(channel),
        events=event_pb2_grpc.EventServiceStub(channel),
        database=database,
        data_dir=data_dir,
    )


@dataclass(frozen=True, kw_only=True)
class Served:
    """A svc-segment with nothing loaded, its workers running."""

    channel: grpc.aio.Channel
    segmentation: Segmentation


@pytest.fixture
async def served(make_database: MakeDatabase, serving: Serving, tmp_path: Path) -> AsyncIterator[Served]:
    """The service of a test, with a database and a folder of its own."""
    database = await make_database(svc_segment.migrations.__path__[0])
    settings = Settings(database_url=database.url, listen=f"unix:{tmp_path / 's.sock'}", data_dir=tmp_path / "data")
    service = build(settings)
    async with serving(service) as channel:
        yield Served(channel=channel, segmentation=over(channel, database, settings.data_dir))
    await service.database.close()


@pytest.fixture
def segmentation(served: Served) -> Segmentation:
    """What a svc-segment with nothing loaded is asked by."""
    return served.segmentation


@pytest.fixture
def desk(served: Served) -> MatchDesk:
    """Matching and classifications of a svc-segment with nothing loaded."""
    return MatchDesk(
        segmentation=served.segmentation,
        matches=match_pb2_grpc.MatchServiceStub(served.channel),
        classes=classification_pb2_grpc.ClassificationServiceStub(served.channel),
    )


@pytest.fixture
async def tagging(served: Served, desk: MatchDesk) -> Tagging:
    """Tags and scenes of a svc-segment with sixty subscribers of rising age."""
    rows = [[number_of(one), one] for one in range(1, PEOPLE + 1)]
    await served.segmentation.load(csv_file(["msisdn", "age"], *rows), {"age": "integer"})
    return Tagging(served.segmentation, tag_pb2_grpc.TagServiceStub(served.channel), desk)
