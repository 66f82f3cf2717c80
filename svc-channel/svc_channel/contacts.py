"""Builds what serves consents, rules of contact, templates and single messages; a part of main, and decides nothing."""

from typing import Any

from carillon.channel.v1.consent_pb2_grpc import add_ConsentServiceServicer_to_server
from carillon.channel.v1.contact_rule_pb2_grpc import add_ContactRuleServiceServicer_to_server
from carillon.channel.v1.single_pb2_grpc import add_SingleMessageServiceServicer_to_server
from carillon.channel.v1.template_pb2_grpc import add_TemplateServiceServicer_to_server
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.ids import new_id
from svc_channel.api.consents import ConsentServicer
from svc_channel.api.contact_rules import ContactRuleServicer
from svc_channel.api.singles import SingleMessageServicer, SingleSources
from svc_channel.api.templates import TemplateServicer
from svc_channel.app.handsets import Handsets
from svc_channel.app.numbers import Numbers
from svc_channel.domain.routes import Routes
from svc_channel.settings import Settings


def build_contacts(
    settings: Settings,
    *,
    database: Database,
    numbers: Numbers,
    handsets: Handsets,
    routes: Routes,
    clock: Clock,
) -> list[tuple[Any, Any]]:
    """The servicers, each with the function that registers it."""
    commands = Commands(database)
    sources = SingleSources(numbers=numbers, handsets=handsets, routes=routes, sender=settings.default_sender)
    templates = TemplateServicer(database, commands, clock, new_id=new_id, segment_price_fen=settings.segment_price_fen)
    singles = SingleMessageServicer(database, commands, sources, clock, new_id=new_id)
    return [
        (add_ConsentServiceServicer_to_server, ConsentServicer(database, commands, clock)),
        (add_ContactRuleServiceServicer_to_server, ContactRuleServicer(database, commands, clock)),
        (add_TemplateServiceServicer_to_server, templates),
        (add_SingleMessageServiceServicer_to_server, singles),
    ]
