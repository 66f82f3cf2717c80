"""The composition root: settings in, one ready service out; nothing else builds objects."""

import time
from collections.abc import Sequence
from datetime import timedelta

from carillon.channel.v1.consent_pb2_grpc import add_ConsentServiceServicer_to_server
from carillon.channel.v1.message_pb2_grpc import add_MessageServiceServicer_to_server
from carillon_chassis.client import open_channel
from carillon_chassis.clock import SystemClock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.ids import new_id
from carillon_chassis.server import Service
from carillon_chassis.telemetry import meter
from svc_channel.adapters.segment_numbers import SegmentNumbers
from svc_channel.adapters.smpp_line import SmppPeer
from svc_channel.adapters.smpp_link import LinkSettings
from svc_channel.api.consents import ConsentServicer
from svc_channel.api.message_servicer import MessageServicer
from svc_channel.domain.channel import BULK, DEFAULT_ROUTE, MessageClass
from svc_channel.settings import Settings
from svc_channel.store.claims import Wanted
from svc_channel.store.ownership import Ownership
from svc_channel.worker.booker import Booker
from svc_channel.worker.feed import Feed
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.link_keeper import LinkKeeper
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.resolver import Resolver
from svc_channel.worker.sender import CLAIM_ROWS, REPLY_ROWS, Sender
from svc_channel.worker.settler import Settler
from svc_channel.worker.wire import Token, Wire


def build(settings: Settings) -> Service:
    """The service with its servicer and its three workers; must be called inside the event loop."""
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    clock = SystemClock()
    channel = open_channel(
        settings.segment_address,
        authority=settings.tls_authority,
        certificate=settings.tls_certificate,
        key=settings.tls_key,
    )
    numbers = SegmentNumbers(channel)
    instruments = Instruments(meter())
    ownership = Ownership(database.url, owner=new_id())
    keeper = _link_keeper(settings, database, ownership, instruments, clock)
    settler = Settler(
        database=database,
        owner=ownership.owner,
        listening_since=lambda: {} if keeper.bound_since is None else {"smsc": keeper.bound_since},
        grace=timedelta(seconds=settings.doubt_grace_seconds),
        policy=settings.doubt_policy,
        instruments=instruments,
        clock=clock,
    )
    resolver = Resolver(database=database, numbers=numbers, clock=clock)

    talk = _talk(settings, database, channel, numbers, clock)

    async def close_channel() -> None:
        await channel.close()

    return Service(
        settings=settings,
        name="channel",
        database=database,
        servicers=[
            (add_MessageServiceServicer_to_server, MessageServicer(database, numbers, clock)),
            (add_ConsentServiceServicer_to_server, ConsentServicer(database, Commands(database), clock)),
        ],
        workers=[keeper.run, settler.run, resolver.run],
        closers=[close_channel],
    )


def _link_keeper(
    settings: Settings, database: Database, ownership: Ownership, instruments: Instruments, clock: SystemClock
) -> LinkKeeper:
    """The worker that sends, with its two halves over one wire."""
    wire = Wire("smsc")
    pace = PaceKeeper(settings.rate_limit_per_second, monotonic=time.monotonic)
    booker = Booker(database=database, wire=wire, pace=pace, instruments=instruments, clock=clock, new_id=new_id)
    link_settings = LinkSettings(
        host=settings.smsc_host,
        port=settings.smsc_port,
        system_id=settings.smsc_system_id,
        password=settings.smsc_password.get_secret_value(),
        window=settings.submit_window,
    )
    peer: SmppPeer[Token] = SmppPeer("smsc", link_settings)

    def feed(classes: Sequence[MessageClass], limit: int) -> Feed:
        wanted = Wanted(line=peer.name, routes=[DEFAULT_ROUTE], classes=classes, limit=limit)
        return Feed(database=database, ownership=ownership, wanted=wanted, clock=clock, new_id=new_id)

    replies = feed([MessageClass.REPLY], REPLY_ROWS)
    sender = Sender(peer=peer, bulk=feed(BULK, CLAIM_ROWS), replies=replies, wire=wire, pace=pace)
    return LinkKeeper(
        peer=peer,
        sender=sender,
        booker=booker,
        ownership=ownership,
        instruments=instruments,
        clock=clock,
    )
