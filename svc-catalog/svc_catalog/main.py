"""Builds svc-catalog from its settings; nothing else builds objects."""

from carillon.catalog.v1.catalog_pb2_grpc import add_CatalogServiceServicer_to_server
from carillon.catalog.v1.order_pb2_grpc import add_OrderServiceServicer_to_server
from carillon.catalog.v1.outlet_pb2_grpc import add_OutletServiceServicer_to_server
from carillon.catalog.v1.sales_pb2_grpc import add_SalesServiceServicer_to_server
from carillon_chassis.client import open_channel
from carillon_chassis.clock import SystemClock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower
from carillon_chassis.ids import new_id
from carillon_chassis.server import Service
from svc_catalog.api.catalog import CatalogServicer
from svc_catalog.api.facts import OutboxOrderFacts
from svc_catalog.api.order import OrderServicer
from svc_catalog.api.outlet import OutletServicer
from svc_catalog.api.sales import SalesServicer
from svc_catalog.settings import Settings
from svc_catalog.store.reference_files import read_reference
from svc_catalog.worker.sales_counter import SalesCounter, SegmentBranches
from svc_catalog.worker.segment_facts import SegmentFacts


def build(settings: Settings) -> Service:
    """Gives the service ready to run: the catalogue and the orders on one database."""
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    commands = Commands(database)
    facts = OutboxOrderFacts()
    catalog = CatalogServicer(database=database, commands=commands, reference=read_reference())
    clock = SystemClock()
    orders = OrderServicer(database=database, commands=commands, facts=facts, clock=clock, new_id=new_id)
    outlets = OutletServicer(database=database, commands=commands, clock=clock, new_id=new_id)
    segment = open_channel(settings.segment_address) if settings.segment_address else None
    follower = (
        Follower(database, segment, consumer="catalog.segment", handlers=SegmentFacts(facts).handlers())
        if segment
        else None
    )
    counter = SalesCounter(database=database, branches=SegmentBranches(segment))
    return Service(
        settings=settings,
        name="catalog",
        database=database,
        servicers=[
            (add_CatalogServiceServicer_to_server, catalog),
            (add_OrderServiceServicer_to_server, orders),
            (add_OutletServiceServicer_to_server, outlets),
            (add_SalesServiceServicer_to_server, SalesServicer(database=database, clock=clock)),
        ],
        workers=[counter.run, *([follower.run] if follower else [])],
        closers=[segment.close] if segment else [],
    )
