"""Builds svc-segment from its settings; nothing else builds objects."""

from carillon.segment.v1.event_pb2_grpc import add_EventServiceServicer_to_server
from carillon.segment.v1.membership_pb2_grpc import add_MembershipServiceServicer_to_server
from carillon.segment.v1.segment_pb2_grpc import add_SegmentServiceServicer_to_server
from carillon.segment.v1.snapshot_pb2_grpc import add_SnapshotServiceServicer_to_server
from carillon.segment.v1.subscriber_pb2_grpc import add_SubscriberServiceServicer_to_server
from carillon_chassis.clock import SystemClock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.ids import new_id
from carillon_chassis.jobs import Jobs
from carillon_chassis.server import Service
from svc_segment.api.event import EventServicer
from svc_segment.api.membership import MembershipServicer
from svc_segment.api.segment import SegmentServicer
from svc_segment.api.snapshot import SnapshotServicer
from svc_segment.api.subscriber import SubscriberServicer
from svc_segment.app.load_snapshot import LoadSnapshot
from svc_segment.app.rebuild_segments import SegmentRebuild
from svc_segment.settings import Settings
from svc_segment.store.engine import Engine, EngineLimits
from svc_segment.store.folders import DataFolder
from svc_segment.store.membership_cache import MembershipCache
from svc_segment.store.snapshot_loader import SnapshotLoader
from svc_segment.worker.jobs import job_handlers


def build(settings: Settings) -> Service:
    """Gives the service ready to run: one database, one data folder, one engine."""
    clock = SystemClock()
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    commands = Commands(database)
    folder = DataFolder(settings.data_dir)
    engine = Engine(folder, _limits(settings, settings.engine_memory_mb))
    loader = SnapshotLoader(folder, _limits(settings, settings.load_memory_mb))
    load = LoadSnapshot(database, loader, clock.now)
    rebuild = SegmentRebuild(database, engine, clock.now)
    cache = MembershipCache(database, limit_bytes=settings.membership_cache_mb * 2**20)
    jobs = Jobs(settings.database_url, job_handlers(load, rebuild))
    snapshots = SnapshotServicer(database=database, folder=folder, clock=clock, new_id=new_id)
    segments = SegmentServicer(database=database, commands=commands, engine=engine, clock=clock, new_id=new_id)
    subscribers = SubscriberServicer(database=database, engine=engine, cache=cache)
    memberships = MembershipServicer(
        database=database, commands=commands, engine=engine, cache=cache, clock=clock, new_id=new_id
    )
    events = EventServicer(commands=commands, clock=clock)
    return Service(
        settings=settings,
        name="segment",
        database=database,
        servicers=[
            (add_SnapshotServiceServicer_to_server, snapshots),
            (add_SegmentServiceServicer_to_server, segments),
            (add_MembershipServiceServicer_to_server, memberships),
            (add_SubscriberServiceServicer_to_server, subscribers),
            (add_EventServiceServicer_to_server, events),
        ],
        workers=[jobs.run],
        closers=[engine.close],
    )


def _limits(settings: Settings, memory_mb: int) -> EngineLimits:
    return EngineLimits(memory_mb=memory_mb, threads=settings.engine_threads, spill=settings.data_dir / "spill")
