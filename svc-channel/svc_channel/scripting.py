"""Builds what speaks scripts; a part of main, and decides nothing."""

from typing import Any

import grpc

from carillon.channel.v1.script_pb2_grpc import add_ScriptServiceServicer_to_server
from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.adapters.script_catalogue import ScriptCatalogue
from svc_channel.adapters.segment_customers import SegmentCustomers
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.adapters.shipped_scripts import read_shipped_scripts
from svc_channel.adapters.touchpoints import Touchpoints
from svc_channel.api.script_servicer import ScriptServicer
from svc_channel.app.speak_script import SpeakScript


def build_scripting(
    *, database: Database, segment: grpc.aio.Channel, services: ServiceOffers, touchpoints: Touchpoints, clock: Clock
) -> tuple[Any, Any]:
    """The servicer with the function that registers it."""
    catalogue = ScriptCatalogue(services, touchpoints)
    shipped = read_shipped_scripts()
    speak = SpeakScript(database, shipped=shipped, customers=SegmentCustomers(segment), catalogue=catalogue)
    servicer = ScriptServicer(database, clock, shipped=shipped, speak=speak, catalogue=catalogue)
    return add_ScriptServiceServicer_to_server, servicer
