"""A served catalogue for the tests of this folder, over a real socket and a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import svc_catalog.migrations
from carillon.catalog.v1 import catalog_pb2_grpc, order_pb2_grpc, outlet_pb2_grpc, sales_pb2_grpc
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_catalog.main import build
from svc_catalog.settings import Settings

from .catalogue import Catalogue


@pytest.fixture
async def empty(make_database: MakeDatabase, serving: Serving, tmp_path: Path) -> AsyncIterator[Catalogue]:
    """A catalogue before its reference tables are loaded; what it does by itself, a test does step by step."""
    database = await make_database(svc_catalog.migrations.__path__[0])
    settings = Settings(database_url=database.url, listen=f"unix:{tmp_path / 'catalog.sock'}", data_dir=tmp_path)
    service = build(settings)
    async with serving(service, with_workers=False) as channel:
        yield Catalogue(
            catalog=catalog_pb2_grpc.CatalogServiceStub(channel),
            orders=order_pb2_grpc.OrderServiceStub(channel),
            outlets=outlet_pb2_grpc.OutletServiceStub(channel),
            sales=sales_pb2_grpc.SalesServiceStub(channel),
            database=database,
        )
    await service.database.close()


@pytest.fixture
async def catalogue(empty: Catalogue) -> Catalogue:
    """A catalogue with the reference tables loaded."""
    await empty.load()
    return empty
