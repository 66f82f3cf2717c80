"""Gateway, svc-catalog and svc-reward as they are, for loops through HTTP; only the other services are stand-ins."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

import carillon_gateway.main
import carillon_gateway.migrations
import carillon_gateway.settings
import svc_catalog.main
import svc_catalog.migrations
import svc_catalog.settings
import svc_reward.main
import svc_reward.migrations
import svc_reward.settings
from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.server import Service, start_server
from carillon_chassis.testing.plugin import MakeDatabase
from carillon_gateway.identity.seeding import seed_clients
from carillon_gateway.peers import SERVICES
from carillon_gateway.testing.harness import BASE_URL, client_id, credentials, secret
from carillon_gateway.testing.suite import stand_ins

PROVINCE = Identity(subject="province", roles=frozenset({"province_admin"}))


class Edge:
    """The gateway over ASGI, with a client for each role."""

    def __init__(self, app: Any, ledger: Database) -> None:
        self._app = app
        self.ledger = ledger

    async def as_role(self, role: str) -> httpx.AsyncClient:
        """A client that sends the role's token."""
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app=self._app), base_url=BASE_URL)
        form = {"grant_type": "client_credentials", "client_id": client_id(role), "client_secret": secret(role)}
        token = (await http.post("/oauth2/token", data=form)).json()["access_token"]
        http.headers["authorization"] = f"Bearer {token}"
        return http


@asynccontextmanager
async def served(service: Service, address: str) -> AsyncIterator[None]:
    """Serves it with its workers for the time of the block."""
    server = await start_server(service, listen=address)
    workers = [asyncio.ensure_future(worker()) for worker in service.workers]
    yield
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    await server.stop(0)
    for close in service.closers:
        await close()
    await service.database.close()


@asynccontextmanager
async def open_gateway(make_database: MakeDatabase, others: str, **addresses: str) -> AsyncIterator[Any]:
    """The gateway, with a client for each role, before services at these addresses by name; the rest stands at ``others``."""
    clients = await make_database(carillon_gateway.migrations.__path__[0])
    await seed_clients(clients, credentials(), at=datetime.now(UTC))
    named: dict[str, Any] = {f"{name}_address": addresses.get(name, others) for name in SERVICES}
    settings = carillon_gateway.settings.Settings(
        database_url=clients.url,
        token_key=SecretStr("k9QvX2mT7rLw4ZsB8nYc5HdJ1fGpAe3U"),
        console=False,
        **named,
    )
    app = carillon_gateway.main.build(settings)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def open_edge(make_database: MakeDatabase) -> AsyncIterator[Edge]:
    """Gateway, svc-catalog with its reference, svc-reward with its workers."""
    ledger = await make_database(svc_reward.migrations.__path__[0])
    orders = await make_database(svc_catalog.migrations.__path__[0])
    async with stand_ins() as others:
        with tempfile.TemporaryDirectory(prefix="cga") as folder:
            catalog, reward = f"unix:{folder}/catalog.sock", f"unix:{folder}/reward.sock"
            catalog_service = svc_catalog.main.build(
                svc_catalog.settings.Settings(database_url=orders.url, listen=catalog)
            )
            reward_service = svc_reward.main.build(
                svc_reward.settings.Settings(
                    database_url=ledger.url,
                    listen=reward,
                    campaign_address=others.address,
                    catalog_address=catalog,
                    segment_address="unix:/nobody",
                )
            )
            async with (
                served(catalog_service, catalog),
                served(reward_service, reward),
                open_gateway(make_database, others.address, catalog=catalog, reward=reward) as app,
            ):
                await load_catalogue(catalog)
                yield Edge(app, reward_service.database)


async def load_catalogue(address: str) -> None:
    channel = open_channel(address)
    with acting_as(PROVINCE):
        request = catalog_pb2.LoadReferenceRequest(request_id="load")
        await invoke(catalog_pb2_grpc.CatalogServiceStub(channel).LoadReference, request, timeout_seconds=30)
    await channel.close()
