"""Builds sessions, robots and what they stand on; the part of main that knows who does what menus ask for."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc

from carillon.channel.v1.hotline_pb2_grpc import add_HotlineServiceServicer_to_server
from carillon.channel.v1.knowledge_pb2_grpc import add_KnowledgeServiceServicer_to_server
from carillon.channel.v1.robot_pb2_grpc import add_RobotServiceServicer_to_server
from carillon.channel.v1.session_pb2_grpc import add_SessionServiceServicer_to_server
from carillon.channel.v1.texting_pb2_grpc import add_TextingServiceServicer_to_server
from carillon_chassis.client import open_channel
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower
from carillon_chassis.ids import new_id
from svc_channel.adapters.campaign_offers import CampaignOffers
from svc_channel.adapters.catalog_orders import CatalogOrders
from svc_channel.adapters.catalog_sales import CatalogSales
from svc_channel.adapters.house_actions import HouseActions, PeerChannels
from svc_channel.adapters.knowledge_index import KnowledgeIndex
from svc_channel.adapters.out_call_desk import OutCallDesk
from svc_channel.adapters.platform_desk import PlatformDesk
from svc_channel.adapters.segment_branches import SegmentBranches
from svc_channel.adapters.segment_memberships import SegmentMemberships
from svc_channel.adapters.service_desk import ServiceDesk
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.adapters.shipped_menus import read_shipped_menus
from svc_channel.adapters.shipped_words import read_shipped_words
from svc_channel.adapters.tone_desk import ToneDesk
from svc_channel.adapters.touchpoints import Touchpoints
from svc_channel.api.hotline_servicer import HotlineServicer
from svc_channel.api.knowledge_servicer import KnowledgeServicer
from svc_channel.api.robot_servicer import RobotServicer
from svc_channel.api.session_servicer import SessionServicer
from svc_channel.api.texting_servicer import TextingServicer
from svc_channel.app.answer_message import Answerers
from svc_channel.app.answer_staff import StaffAnswerers
from svc_channel.app.answer_text import TextAnswerers
from svc_channel.app.menu_book import MenuBook
from svc_channel.app.numbers import Numbers
from svc_channel.app.robot_book import RobotBook
from svc_channel.domain.quiet_hours import ZONE
from svc_channel.domain.routes import Routes
from svc_channel.settings import Settings
from svc_channel.worker.confirmer import Confirmer
from svc_channel.worker.hotline import AfterCalls, OutCaller
from svc_channel.worker.opener import Opener
from svc_channel.worker.order_facts import OrderFacts
from svc_channel.worker.robot_desk import RobotDesk
from svc_channel.worker.session_sweeper import SessionSweeper
from svc_channel.worker.text_desk import TextDeskWorker
from svc_channel.worker.turn_desk import TurnDesk
from svc_channel.worker.ussd_desk import UssdDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What sessions and robots bring to the service; ``ussd`` takes the turns of lines.

    ``services`` and ``touchpoints`` are the catalogue's, read once for all who speak of them.
    """

    ussd: UssdDesk
    services: ServiceOffers
    touchpoints: Touchpoints
    servicers: list[tuple[Any, Any]]
    workers: list[Callable[[], Awaitable[None]]]
    closers: list[Callable[[], Awaitable[None]]]


def build_talk(
    settings: Settings, *, database: Database, segment: grpc.aio.Channel, numbers: Numbers, routes: Routes, clock: Clock
) -> Talk:
    """Sessions by menus, robots, the knowledge base, and the services that do what menus ask for."""
    catalog, reward, campaign = _open_peers(settings)
    services = ServiceOffers(catalog, monotonic=time.monotonic)
    touchpoints = Touchpoints(catalog, monotonic=time.monotonic)
    peers = PeerChannels(reward=reward, segment=segment)
    campaigns = CampaignOffers(campaign, monotonic=time.monotonic)
    sales, tones = _desks(settings, database, services, catalog, segment, numbers, clock)
    actions = HouseActions(peers, services=sales, tones=tones, campaigns=campaigns, numbers=numbers, clock=clock)
    menus = MenuBook(database, read_shipped_menus(), monotonic=time.monotonic)
    desk = TurnDesk(database=database, menus=menus, actions=actions, clock=clock, new_id=new_id)
    knowledge = KnowledgeIndex(database, monotonic=time.monotonic)
    robots = RobotBook(database, monotonic=time.monotonic)
    answerers = Answerers(
        turns=desk, actions=actions, knowledge=knowledge, products=services, words=read_shipped_words()
    )
    robot_desk = RobotDesk(database=database, robots=robots, menus=menus, answerers=answerers, clock=clock, zone=ZONE)
    robot_servicer = RobotServicer(
        database, talk=robot_desk, robots=robots, menus=menus, numbers=numbers, clock=clock, zone=ZONE
    )
    ussd = UssdDesk(desk, new_id=new_id)
    staff = _staff_answerers(catalog, services, touchpoints, knowledge, clock)
    texts = TextAnswerers(turns=desk, robots=robot_desk, staff=staff)

    order_workers, order_closers = _order_workers(settings, database, catalog, services, numbers, clock)
    out_calls = OutCallDesk(settings.out_call_url)

    async def close() -> None:
        await out_calls.close()
        await ussd.close()
        await robot_desk.close()
        await desk.close()
        knowledge.close()
        for channel in (catalog, reward, campaign):
            await channel.close()

    return Talk(
        ussd=ussd,
        services=services,
        touchpoints=touchpoints,
        servicers=[
            (add_SessionServiceServicer_to_server, SessionServicer(database, desk, menus, numbers, routes, clock)),
            (add_RobotServiceServicer_to_server, robot_servicer),
            (add_HotlineServiceServicer_to_server, _hotline_servicer(settings, database, numbers, clock)),
            (add_KnowledgeServiceServicer_to_server, KnowledgeServicer(database, knowledge, clock, new_id)),
            (add_TextingServiceServicer_to_server, TextingServicer(database, menus, numbers, staff, clock)),
        ],
        workers=[
            TextDeskWorker(database=database, answerers=texts, clock=clock).run,
            *_workers(settings, database, out_calls, numbers, clock),
            *order_workers,
        ],
        closers=[*order_closers, close],
    )


def _desks(
    settings: Settings,
    database: Database,
    services: ServiceOffers,
    catalog: grpc.aio.Channel,
    segment: grpc.aio.Channel,
    numbers: Numbers,
    clock: Clock,
) -> tuple[ServiceDesk, ToneDesk]:
    """What menus ask about services and tones."""
    service_desk = ServiceDesk(catalog, services=services, memberships=SegmentMemberships(segment), numbers=numbers)
    tone_desk = ToneDesk(
        database,
        services=service_desk,
        numbers=numbers,
        branches=SegmentBranches(segment),
        clock=clock,
        has_out_calls=bool(settings.out_call_url),
    )
    return service_desk, tone_desk


def _hotline_servicer(settings: Settings, database: Database, numbers: Numbers, clock: Clock) -> HotlineServicer:
    """The tone hotline's calls."""
    return HotlineServicer(
        database,
        numbers,
        clock,
        new_id,
        has_out_calls=bool(settings.out_call_url),
        link_secret=settings.audition_secret.get_secret_value().encode(),
    )


def _open_peers(settings: Settings) -> tuple[grpc.aio.Channel, grpc.aio.Channel, grpc.aio.Channel]:
    """The ways to svc-catalog, svc-reward and svc-campaign."""

    def way(address: str) -> grpc.aio.Channel:
        return open_channel(
            address, authority=settings.tls_authority, certificate=settings.tls_certificate, key=settings.tls_key
        )

    return way(settings.catalog_address), way(settings.reward_address), way(settings.campaign_address)


def _staff_answerers(
    catalog: grpc.aio.Channel,
    services: ServiceOffers,
    touchpoints: Touchpoints,
    knowledge: KnowledgeIndex,
    clock: Clock,
) -> StaffAnswerers:
    """What staff are answered with by SMS."""
    return StaffAnswerers(
        sales=CatalogSales(catalog, services, touchpoints),
        knowledge=knowledge,
        today=lambda: clock.now().astimezone(ZONE).date(),
    )


def _order_workers(
    settings: Settings,
    database: Database,
    catalog: grpc.aio.Channel,
    services: ServiceOffers,
    numbers: Numbers,
    clock: Clock,
) -> tuple[list[Callable[[], Awaitable[None]]], list[Callable[[], Awaitable[None]]]]:
    """What follows svc-catalog's orders, asks their customers and tells a service platform; and what ends them."""
    confirmer = Confirmer(
        database=database,
        orders=CatalogOrders(catalog, services=services),
        numbers=numbers,
        sender=settings.default_sender,
        clock=clock,
    )
    facts = OrderFacts(clock, has_platform=bool(settings.platform_url))
    follower = Follower(database, catalog, consumer="channel.catalog", handlers=facts.handlers())
    if not settings.platform_url:
        return [confirmer.run, follower.run], []
    secret = settings.platform_secret.get_secret_value().encode()
    platform = PlatformDesk(settings.platform_url, secret, wall_clock=time.time)
    opener = Opener(database=database, platform=platform, numbers=numbers, clock=clock)
    return [confirmer.run, follower.run, opener.run], [platform.end]


def _workers(
    settings: Settings, database: Database, out_calls: OutCallDesk, numbers: Numbers, clock: Clock
) -> list[Callable[[], Awaitable[None]]]:
    """What goes on beside calls; nobody places calls where there is nothing to place them with."""
    workers: list[Callable[[], Awaitable[None]]] = [
        SessionSweeper(database=database, clock=clock).run,
        AfterCalls(database=database, numbers=numbers, clock=clock).run,
    ]
    if settings.out_call_url:
        workers.append(OutCaller(database=database, calls=out_calls, clock=clock).run)
    return workers
