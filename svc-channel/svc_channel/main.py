"""The composition root: settings in, one ready service out; nothing else builds objects."""

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

import grpc

from carillon.channel.v1.callback_pb2_grpc import add_CallbackServiceServicer_to_server
from carillon.channel.v1.history_pb2_grpc import add_ContactHistoryServiceServicer_to_server
from carillon.channel.v1.message_pb2_grpc import add_MessageServiceServicer_to_server
from carillon.channel.v1.resource_pb2_grpc import add_ResourceServiceServicer_to_server
from carillon_chassis.client import open_channel
from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower
from carillon_chassis.ids import new_id
from carillon_chassis.server import Service
from carillon_chassis.telemetry import meter
from svc_channel.adapters.line_file import LineFile
from svc_channel.adapters.segment_events import SegmentEvents
from svc_channel.adapters.segment_handsets import SegmentHandsets
from svc_channel.adapters.segment_numbers import SegmentNumbers
from svc_channel.api.callback_servicer import CallbackServicer
from svc_channel.api.history_servicer import HistoryServicer
from svc_channel.api.message_servicer import MessageServicer
from svc_channel.api.resource_servicer import ResourceServicer
from svc_channel.app.book_reports import book_reports
from svc_channel.app.keep_market_event import keep_market_event
from svc_channel.contacts import build_contacts
from svc_channel.domain.doubt import DoubtRules
from svc_channel.lines import build_callbacks, build_keepers, read_lines, repeatable_lines
from svc_channel.scripting import build_scripting
from svc_channel.settings import Settings
from svc_channel.store.ownership import Ownership
from svc_channel.talk import build_talk
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.life_facts import LifeFacts
from svc_channel.worker.link_keeper import LinkKeeper
from svc_channel.worker.market_teller import MarketTeller
from svc_channel.worker.resolver import Resolver
from svc_channel.worker.retention import Retention
from svc_channel.worker.settler import Settler


def build(settings: Settings) -> Service:
    """The service with its servicer and its three workers; must be called inside the event loop."""
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    clock = SystemClock()
    channel = _open_segment(settings)
    numbers, handsets = SegmentNumbers(channel), SegmentHandsets(channel)
    instruments = Instruments(meter())
    ownership = Ownership(database.url, owner=new_id())
    lines = read_lines(settings)
    messages = MessageServicer(database, numbers, handsets, lines.routing(), clock)
    talk = build_talk(
        settings, database=database, segment=channel, numbers=numbers, routes=lines.routing(), clock=clock
    )
    keepers, shares = build_keepers(
        lines,
        settings=settings,
        environment=os.environ,
        database=database,
        ownership=ownership,
        instruments=instruments,
        clock=clock,
        turns=talk.ussd.take,
    )
    settler = _settler(settings, lines, database, ownership, keepers, instruments, clock)
    resolver = Resolver(database=database, numbers=numbers, clock=clock)
    retention = Retention(database=database, kept_for=timedelta(days=settings.retention_days), clock=clock)
    lives = Follower(database, channel, consumer="channel.segment", handlers=LifeFacts(clock).handlers())

    return Service(
        settings=settings,
        name="channel",
        database=database,
        servicers=[
            (add_MessageServiceServicer_to_server, messages),
            *build_contacts(
                settings, database=database, numbers=numbers, handsets=handsets, routes=lines.routing(), clock=clock
            ),
            (add_ContactHistoryServiceServicer_to_server, HistoryServicer(database)),
            (add_CallbackServiceServicer_to_server, _callback_servicer(lines, database, clock)),
            (add_ResourceServiceServicer_to_server, ResourceServicer(database, clock)),
            *talk.servicers,
            build_scripting(
                database=database, segment=channel, services=talk.services, touchpoints=talk.touchpoints, clock=clock
            ),
        ],
        workers=[
            *([shares.run] if shares.are_needed else []),
            *(keeper.run for keeper in keepers),
            settler.run,
            resolver.run,
            retention.run,
            lives.run,
            *_tellers(lines, database, channel, clock),
            *talk.workers,
        ],
        closers=[*talk.closers, ownership.release, channel.close],
    )


def _open_segment(settings: Settings) -> grpc.aio.Channel:
    """The way to svc-segment."""
    return open_channel(
        settings.segment_address,
        authority=settings.tls_authority,
        certificate=settings.tls_certificate,
        key=settings.tls_key,
    )


def _callback_servicer(lines: LineFile, database: Database, clock: SystemClock) -> CallbackServicer:
    """What takes the requests that lines' peers make of us."""
    callbacks = build_callbacks(
        lines,
        environment=os.environ,
        book=partial(book_reports, database, clock=clock),
        keep=partial(keep_market_event, database, clock=clock),
        clock=clock,
    )
    return CallbackServicer(callbacks)


def _tellers(
    lines: LineFile, database: Database, segment: grpc.aio.Channel, clock: SystemClock
) -> list[Callable[[], Awaitable[None]]]:
    """What hands the events of app stores on, where there is any store."""
    teller = MarketTeller(database=database, events=SegmentEvents(segment), clock=clock, new_id=new_id)
    return [teller.run] if lines.speak("market") else []


def _settler(
    settings: Settings,
    lines: LineFile,
    database: Database,
    ownership: Ownership,
    keepers: Sequence[LinkKeeper],
    instruments: Instruments,
    clock: SystemClock,
) -> Settler:
    """What looks after doubts, with the rules that the settings say."""
    return Settler(
        database=database,
        owner=ownership.owner,
        listening_since=lambda: {one.name: one.bound_since for one in keepers if one.bound_since is not None},
        rules=DoubtRules(
            grace=timedelta(seconds=settings.doubt_grace_seconds),
            hold=timedelta(seconds=settings.doubt_hold_seconds),
            marketing=settings.doubt_policy_marketing,
            others=settings.doubt_policy,
            repeatable=repeatable_lines(lines),
        ),
        instruments=instruments,
        clock=clock,
    )
