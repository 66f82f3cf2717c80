"""Builds svc-segment from its settings; nothing else builds objects."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.message import Message

from carillon.segment.v1.classification_pb2_grpc import add_ClassificationServiceServicer_to_server
from carillon.segment.v1.event_pb2_grpc import add_EventServiceServicer_to_server
from carillon.segment.v1.handset_pb2_grpc import add_HandsetServiceServicer_to_server
from carillon.segment.v1.match_pb2_grpc import add_MatchServiceServicer_to_server
from carillon.segment.v1.membership_pb2_grpc import add_MembershipServiceServicer_to_server
from carillon.segment.v1.segment_pb2_grpc import add_SegmentServiceServicer_to_server
from carillon.segment.v1.snapshot_pb2_grpc import add_SnapshotServiceServicer_to_server
from carillon.segment.v1.subscriber_pb2_grpc import add_SubscriberServiceServicer_to_server
from carillon.segment.v1.tag_pb2_grpc import add_TagServiceServicer_to_server
from carillon_chassis.client import open_channel
from carillon_chassis.clock import Clock, SystemClock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower, Handler
from carillon_chassis.ids import new_id
from carillon_chassis.jobs import JobHandler, Jobs
from carillon_chassis.periodic import Periodic
from carillon_chassis.server import Registration, Service, Worker
from svc_segment.api.classification import ClassificationServicer
from svc_segment.api.ended_lives import EndedLives
from svc_segment.api.event import EventServicer
from svc_segment.api.handsets import HandsetServicer
from svc_segment.api.match import MatchServicer
from svc_segment.api.membership import MembershipServicer
from svc_segment.api.rendering import render_facts
from svc_segment.api.segment import SegmentServicer
from svc_segment.api.snapshot import SnapshotServicer
from svc_segment.api.subscriber import SubscriberServicer
from svc_segment.api.tags import TagServicer
from svc_segment.app.load_cells import LoadCells
from svc_segment.app.load_events import LoadEvents
from svc_segment.app.load_list import LoadList
from svc_segment.app.load_snapshot import Intake, LoadSnapshot
from svc_segment.app.load_subscribers import LoadSubscribers
from svc_segment.app.load_usage import LoadUsage
from svc_segment.app.rebuild_segments import SegmentRebuild
from svc_segment.app.renew_live import LiveRenewal
from svc_segment.app.request_match import RUN_MATCH
from svc_segment.app.roll_events import RollEvents
from svc_segment.app.run_classes import RUN_CLASSES, RunClasses
from svc_segment.app.run_match import RunMatch
from svc_segment.app.run_monthly import MonthlyClasses, MonthlyClock, MonthlyMatch, MonthlyWork
from svc_segment.app.watch_staleness import StalenessWatch
from svc_segment.domain.snapshot import SnapshotKind
from svc_segment.settings import Settings
from svc_segment.store.class_lists import ListFolder
from svc_segment.store.coded_columns import CodedColumns
from svc_segment.store.duckdb_engine import Arrays, DuckDbEngine
from svc_segment.store.engine import Engine, EngineLimits
from svc_segment.store.event_masks import EventMasks
from svc_segment.store.event_roller import EventRoller
from svc_segment.store.folders import DataFolder
from svc_segment.store.membership_cache import MembershipCache
from svc_segment.store.snapshot_loader import SnapshotLoader
from svc_segment.store.spark_engine import SparkEngine
from svc_segment.store.usage_masks import UsageMasks
from svc_segment.worker.catalog_facts import CatalogFacts
from svc_segment.worker.channel_facts import ChannelFacts
from svc_segment.worker.jobs import by_id, job_handlers
from svc_segment.worker.tag_clock import TagClock


def build(settings: Settings) -> Service:
    """Gives the service ready to run: one database, one data folder, one engine."""
    clock = SystemClock()
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    commands = Commands(database)
    folder = DataFolder(settings.data_dir)
    engine = _engine(settings, folder)
    loader = SnapshotLoader(folder, _limits(settings, settings.load_memory_mb))
    tell_ended = EndedLives(clock)
    load = LoadSnapshot(database, loader, clock.now, _intakes(settings, database, loader, engine, tell_ended, clock))
    turn = asyncio.Lock()
    rebuild = SegmentRebuild(database, engine, folder, clock.now, turn)
    cache = MembershipCache(database, limit_bytes=settings.membership_cache_mb * 2**20)
    tags = _tags(settings, database, commands, engine, folder, clock)
    tag_clock = TagClock(database, folder, clock, settings.time_zone)
    matching = _matching(settings, database, commands, engine, folder, clock)
    followed = _followed(settings, database)
    jobs = Jobs(settings.database_url, {**job_handlers(load, rebuild), **matching.jobs})
    snapshots = SnapshotServicer(database=database, folder=folder, clock=clock, new_id=new_id)
    segments = SegmentServicer(
        database=database, commands=commands, engine=engine, folder=folder, clock=clock, new_id=new_id
    )
    subscribers = SubscriberServicer(
        database=database, engine=engine, cache=cache, commands=commands, clock=clock, tell_ended=tell_ended
    )
    memberships = MembershipServicer(
        database=database,
        commands=commands,
        engine=engine,
        folder=folder,
        cache=cache,
        clock=clock,
        new_id=new_id,
    )
    events = EventServicer(database=database, commands=commands, folder=folder, clock=clock, zone=settings.time_zone)
    return Service(
        settings=settings,
        name="segment",
        database=database,
        servicers=[
            (add_SnapshotServiceServicer_to_server, snapshots),
            (add_SegmentServiceServicer_to_server, segments),
            (add_MembershipServiceServicer_to_server, memberships),
            (add_SubscriberServiceServicer_to_server, subscribers),
            (add_HandsetServiceServicer_to_server, HandsetServicer(database, engine)),
            (add_EventServiceServicer_to_server, events),
            (add_TagServiceServicer_to_server, tags),
            *matching.servicers,
        ],
        workers=[
            jobs.run,
            *_upkeep(database, engine, folder, clock, turn),
            _rolling(settings, database, folder, clock).run,
            Periodic(tag_clock, name="tags", pause_seconds=5).run,
            *matching.workers,
            *(follower.run for follower, _ in followed),
        ],
        closers=[engine.close, *(channel.close for _, channel in followed)],
    )


def _followed(settings: Settings, database: Database) -> Sequence[tuple[Follower, grpc.aio.Channel]]:
    """Whoever is followed, where settings say where they are, and the channel to each."""
    peers: Mapping[str, tuple[str, Mapping[type[Message], Handler]]] = {
        "segment.catalog": (settings.catalog_address, CatalogFacts().handlers()),
        "segment.channel": (settings.channel_address, ChannelFacts(render_facts).handlers()),
    }
    channels = {consumer: open_channel(address) for consumer, (address, _) in peers.items() if address}
    return [
        (Follower(database, channel, consumer=consumer, handlers=peers[consumer][1]), channel)
        for consumer, channel in channels.items()
    ]


def _upkeep(
    database: Database, engine: Engine, folder: DataFolder, clock: Clock, turn: asyncio.Lock
) -> Sequence[Worker]:
    live = LiveRenewal(database, engine, folder, clock.now, turn)
    watch = StalenessWatch(database, clock.now)
    return [
        Periodic(live, name="live renewal", pause_seconds=0.5).run,
        Periodic(watch, name="watch", pause_seconds=60).run,
    ]


def _rolling(settings: Settings, database: Database, folder: DataFolder, clock: Clock) -> Periodic:
    roller = EventRoller(folder, _limits(settings, settings.load_memory_mb))
    roll = RollEvents(database, roller, clock.now, new_id, days_kept=settings.event_days_kept)
    # At the highest rate half a file of events comes between two looks.
    return Periodic(roll, name="events into files", pause_seconds=5)


def _intakes(
    settings: Settings,
    database: Database,
    loader: SnapshotLoader,
    engine: Engine,
    tell_ended: EndedLives,
    clock: Clock,
) -> Mapping[SnapshotKind, Intake]:
    return {
        SnapshotKind.SUBSCRIBERS: LoadSubscribers(database, loader, tell_ended, engine.prepare),
        SnapshotKind.USAGE: LoadUsage(database, loader, engine.prepare_usage),
        SnapshotKind.EVENTS: LoadEvents(database, loader, clock.now, settings.time_zone, engine.prepare_events),
        SnapshotKind.CELLS: LoadCells(database, loader, clock.now),
        SnapshotKind.LIST: LoadList(database, loader, clock.now),
    }


def _tags(
    settings: Settings, database: Database, commands: Commands, engine: Engine, folder: DataFolder, clock: Clock
) -> TagServicer:
    return TagServicer(
        database=database, commands=commands, engine=engine, folder=folder, clock=clock, zone=settings.time_zone
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What matching and classifications add to the service."""

    servicers: Sequence[Registration]
    workers: Sequence[Worker]
    jobs: Mapping[str, JobHandler]


def _matching(
    settings: Settings, database: Database, commands: Commands, engine: Engine, folder: DataFolder, clock: Clock
) -> Matching:
    lists = ListFolder(settings.drop_dir or settings.data_dir / "drop")
    match = RunMatch(database, engine, folder, clock.now)
    classes = RunClasses(database, engine, folder, lists, clock.now)
    matches = MatchServicer(
        database=database, commands=commands, engine=engine, clock=clock, zone=settings.time_zone, new_id=new_id
    )
    classifications = ClassificationServicer(
        database=database,
        commands=commands,
        engine=engine,
        folder=folder,
        lists=lists,
        clock=clock,
        zone=settings.time_zone,
        new_id=new_id,
    )
    return Matching(
        servicers=[
            (add_MatchServiceServicer_to_server, matches),
            (add_ClassificationServiceServicer_to_server, classifications),
        ],
        workers=[_monthly(settings, database, clock).run],
        jobs={RUN_MATCH: by_id(match), RUN_CLASSES: by_id(classes)},
    )


def _monthly(settings: Settings, database: Database, clock: Clock) -> Periodic:
    works: list[MonthlyWork] = [MonthlyClasses(code) for code in settings.monthly_classes]
    works += [MonthlyMatch()] if settings.monthly_match else []
    due = MonthlyClock(database, clock.now, new_id, zone=settings.time_zone, day=settings.monthly_day, works=works)
    return Periodic(due, name="monthly work", pause_seconds=60)


def _engine(settings: Settings, folder: DataFolder) -> Engine:
    limits = _limits(settings, settings.engine_memory_mb)
    if settings.engine == "spark":
        return SparkEngine(
            folder, limits, zone=settings.time_zone, master=settings.spark_master, options=settings.spark_options
        )
    return DuckDbEngine(
        folder,
        limits,
        _arrays(settings, folder),
        zone=settings.time_zone,
        cache_mb=settings.engine_cache_mb,
    )


def _arrays(settings: Settings, folder: DataFolder) -> Arrays:
    memory = settings.engine_windows_mb * 2**20
    return Arrays(
        columns=CodedColumns(folder),
        events=EventMasks(folder, settings.time_zone, columns_bytes=memory // 2, masks_bytes=memory // 8),
        usage=UsageMasks(folder, columns_bytes=memory * 3 // 8),
    )


def _limits(settings: Settings, memory_mb: int) -> EngineLimits:
    return EngineLimits(memory_mb=memory_mb, threads=settings.engine_threads, spill=settings.data_dir / "spill")
