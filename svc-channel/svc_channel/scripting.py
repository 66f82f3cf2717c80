"""Builds what speaks scripts; a part of main, and decides nothing."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from carillon.channel.v1.script_pb2_grpc import add_ScriptServiceServicer_to_server
from carillon_chassis.client import open_channel
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.adapters.script_catalogue import ScriptCatalogue
from svc_channel.adapters.segment_customers import SegmentCustomers
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.adapters.shipped_scripts import read_shipped_scripts
from svc_channel.api.script_servicer import ScriptServicer
from svc_channel.app.speak_script import SpeakScript
from svc_channel.settings import Settings


def build_scripting(
    settings: Settings, *, database: Database, segment: grpc.aio.Channel, clock: Clock
) -> tuple[tuple[Any, Any], Callable[[], Awaitable[None]]]:
    """The servicer with the function that registers it, and what closes it."""
    catalog = open_channel(
        settings.catalog_address,
        authority=settings.tls_authority,
        certificate=settings.tls_certificate,
        key=settings.tls_key,
    )
    services = ServiceOffers(catalog, monotonic=time.monotonic)
    catalogue = ScriptCatalogue(catalog, services, monotonic=time.monotonic)
    shipped = read_shipped_scripts()
    speak = SpeakScript(database, shipped=shipped, customers=SegmentCustomers(segment), catalogue=catalogue)
    servicer = ScriptServicer(database, clock, shipped=shipped, speak=speak, catalogue=catalogue)
    return (add_ScriptServiceServicer_to_server, servicer), catalog.close
