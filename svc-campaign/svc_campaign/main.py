"""Builds svc-campaign from its settings; nothing else builds objects."""

import secrets
from functools import partial

from carillon.campaign.v1.campaign_pb2_grpc import (
    add_CampaignServiceServicer_to_server,
    add_LinkServiceServicer_to_server,
)
from carillon_chassis.client import open_channel
from carillon_chassis.clock import Clock, SystemClock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower
from carillon_chassis.ids import new_id
from carillon_chassis.jobs import Jobs
from carillon_chassis.server import Service, Worker
from carillon_chassis.telemetry import meter
from svc_campaign.api.campaign import CampaignServicer
from svc_campaign.api.link import LinkServicer
from svc_campaign.app.book_members import BatchBooker
from svc_campaign.app.run_launch import Launch
from svc_campaign.app.send_answers import Answering
from svc_campaign.app.tally import Tally
from svc_campaign.domain.link_token import TOKEN_BITS
from svc_campaign.settings import Settings
from svc_campaign.worker.answerer import Answerer
from svc_campaign.worker.campaign_jobs import CampaignJobs
from svc_campaign.worker.catalog_peer import CatalogPeer
from svc_campaign.worker.channel_peer import ChannelPeer
from svc_campaign.worker.facts import FactHandlers
from svc_campaign.worker.segment_peer import SegmentPeer


def build(settings: Settings, *, clock: Clock | None = None) -> Service:
    """The whole service, not yet running; tests bring a clock of their own."""
    clock = clock or SystemClock()
    tally = Tally(meter())
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    channels = {
        "segment": open_channel(settings.segment_address),
        "channel": open_channel(settings.channel_address),
        "catalog": open_channel(settings.catalog_address),
        "reward": open_channel(settings.reward_address),
    }
    segments, services = SegmentPeer(channels["segment"]), CatalogPeer(channels["catalog"])
    campaigns = CampaignServicer(
        database=database,
        commands=Commands(database),
        segments=segments,
        services=services,
        clock=clock,
        new_id=new_id,
    )
    links = LinkServicer(database=database, clock=clock, tally=tally)
    facts = FactHandlers(tally)
    followed = {
        "channel": facts.of_channel(),
        "segment": facts.of_segment(),
        "catalog": facts.of_catalog(),
        "reward": facts.of_reward(),
    }
    followers = [
        Follower(database, channels[name], consumer=f"campaign.{name}", handlers=handlers)
        for name, handlers in followed.items()
    ]
    return Service(
        settings=settings,
        name="campaign",
        database=database,
        servicers=[
            (add_CampaignServiceServicer_to_server, campaigns),
            (add_LinkServiceServicer_to_server, links),
        ],
        workers=[
            *_senders(settings, database, segments, services, ChannelPeer(channels["channel"]), clock, tally),
            *(follower.run for follower in followers),
        ],
        closers=[channel.close for channel in channels.values()],
    )


def _senders(
    settings: Settings,
    database: Database,
    segments: SegmentPeer,
    services: CatalogPeer,
    outlet: ChannelPeer,
    clock: Clock,
    tally: Tally,
) -> list[Worker]:
    """The workers that hand messages over: launches, and answers to triggers."""
    draw_number, public_url = partial(secrets.randbits, TOKEN_BITS), settings.public_url.rstrip("/")
    booker = BatchBooker(
        database=database,
        outlet=outlet,
        clock=clock,
        tally=tally,
        draw_number=draw_number,
        public_url=public_url,
    )
    launch = Launch(database=database, segments=segments, outlet=outlet, clock=clock, tally=tally, booker=booker)
    jobs = CampaignJobs(database=database, clock=clock, launch=launch)
    answering = Answering(
        database=database,
        services=services,
        outlet=outlet,
        clock=clock,
        tally=tally,
        draw_number=draw_number,
        public_url=public_url,
    )
    return [Jobs(settings.database_url, jobs.handlers()).run, Answerer(answering).run]
