"""What the gateway's tests share: stand-ins over real gRPC, a real database, the real application over ASGI."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from pydantic import SecretStr

from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_gateway import migrations
from carillon_gateway.identity.clients import Client, parse_role
from carillon_gateway.identity.secrets import hash_secret
from carillon_gateway.identity.store import save_client
from carillon_gateway.main import build
from carillon_gateway.settings import Settings
from carillon_gateway.testing.harness import ADDRESS, BASE_URL, Gateway, credentials
from carillon_gateway.testing.suite import StandIns, stand_ins

TOKEN_KEY = "k9QvX2mT7rLw4ZsB8nYc5HdJ1fGpAe3U"


@pytest.fixture
async def services() -> AsyncIterator[StandIns]:
    """The five services, stood in for."""
    async with stand_ins() as running:
        yield running


@pytest.fixture(scope="session")
def clients() -> list[Client]:
    """One client a role; hashed once, since scrypt is slow on purpose."""
    return [
        Client(
            client_id=one.client_id,
            role=parse_role(one.role),
            branch=one.branch,
            secret_hash=hash_secret(one.client_secret, salt=b"salt for testing"),
        )
        for one in credentials()
    ]


@pytest.fixture
async def database(make_database: Callable[[str], Awaitable[Database]], clients: list[Client]) -> Database:
    """The gateway's own database with one client a role."""
    made = await make_database(migrations.__path__[0])
    async with made.unit_of_work() as unit:
        for client in clients:
            await save_client(unit, client, at=SystemClock().now())
    return made


MakeSettings = Callable[..., Settings]
MakeGateway = Callable[..., AsyncIterator[Gateway]]


@pytest.fixture
def make_settings(database: Database, services: StandIns) -> MakeSettings:
    """Settings with all services at the stand-ins; keywords override."""

    def make(**overrides: object) -> Settings:
        names = ("catalog", "segment", "campaign", "reward", "channel")
        values: dict[str, object] = {f"{name}_address": services.address for name in names}
        values |= {"database_url": database.url, "token_key": SecretStr(TOKEN_KEY), "console": False}
        return Settings.model_validate(values | overrides)

    return make


@pytest.fixture
def make_gateway(database: Database, services: StandIns, make_settings: MakeSettings) -> MakeGateway:
    """Makes a running gateway with settings of the test's own, as an async generator."""

    async def make(**overrides: object) -> AsyncIterator[Gateway]:
        settings = make_settings(**overrides)
        app = build(settings)
        transport = httpx.ASGITransport(app=app, client=ADDRESS)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=BASE_URL) as http,
        ):
            yield Gateway(app=app, database=database, stand_ins=services, settings=settings, http=http)

    return make


@pytest.fixture
async def gateway(make_gateway: MakeGateway) -> AsyncIterator[Gateway]:
    """A running gateway with default settings."""
    async for running in make_gateway():
        yield running
