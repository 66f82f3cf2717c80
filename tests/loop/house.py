"""The whole suite in one process for loops through HTTP: all five services as they are, and an SMSC that is never there."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

import svc_campaign.main
import svc_campaign.migrations
import svc_campaign.settings
import svc_catalog.main
import svc_catalog.migrations
import svc_catalog.settings
import svc_channel.main
import svc_channel.migrations
import svc_channel.settings
import svc_reward.main
import svc_reward.migrations
import svc_reward.settings
import svc_segment.main
import svc_segment.migrations
import svc_segment.settings
from carillon_chassis.database import Database
from carillon_chassis.server import Service
from carillon_chassis.testing.plugin import MakeDatabase

from .edge import Edge, load_catalogue, open_gateway, served

MIGRATIONS = {
    "catalog": svc_catalog.migrations,
    "segment": svc_segment.migrations,
    "campaign": svc_campaign.migrations,
    "reward": svc_reward.migrations,
    "channel": svc_channel.migrations,
}
# A port of loopback that nobody listens on: messages wait for their link.
NO_SMSC = 1
WAIT_SECONDS = 60.0


class House:
    """The gateway before all five services, and their databases by name."""

    def __init__(self, edge: Edge, databases: Mapping[str, Database]) -> None:
        self.edge = edge
        self.databases = databases

    async def as_role(self, role: str) -> httpx.AsyncClient:
        """A client that sends the role's token."""
        return await self.edge.as_role(role)

    async def load(self, rows: Sequence[str], **fields: str) -> dict[str, Any]:
        """Uploads lines of CSV as subscribers and waits until they are loaded."""
        province = await self.as_role("province_admin")
        file = {"file": ("people.csv", "\n".join(rows).encode())}
        today = datetime.now(UTC).date().isoformat()
        answer = await province.post(
            "/api/v1/snapshots", files=file, data={"as_of": today, "kind": "subscribers", **fields}
        )
        assert answer.status_code in {200, 201, 202}, answer.text

        async def loaded() -> dict[str, Any] | None:
            found = (await province.get(f"/api/v1/snapshots/{answer.json()['id']}")).json()
            assert found["state"] != "failed", found
            return dict(found) if found["state"] == "loaded" else None

        return dict(await until(loaded))

    async def segment(self, name: str, rule: str) -> str:
        """The id of a new segment."""
        province = await self.as_role("province_admin")
        made = await province.post("/api/v1/segments", json={"name": name, "rule": rule})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def value(self, service: str, query: str, *arguments: object) -> Any:
        """One value from a service's database."""
        async with self.databases[service].read() as unit:
            return await unit.driver.fetchval(query, *arguments)


async def until(look: Callable[[], Awaitable[Any]], *, seconds: float = WAIT_SECONDS) -> Any:
    """Looks until there is something, and gives that."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.1)
    return found


async def seen(http: httpx.AsyncClient, msisdn: str) -> dict[str, Any]:
    """A subscriber as HTTP shows it."""
    answer = await http.get(f"/api/v1/subscribers/{msisdn}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@asynccontextmanager
async def open_house(make_database: MakeDatabase) -> AsyncIterator[House]:
    """All of it, with the catalogue's reference loaded."""
    urls = {name: (await make_database(where.__path__[0])).url for name, where in MIGRATIONS.items()}
    with tempfile.TemporaryDirectory(prefix="cgh") as folder:
        addresses = {name: f"unix:{folder}/{name}.sock" for name in MIGRATIONS}
        async with AsyncExitStack() as stack:
            databases = {}
            for name, service in _services(urls, addresses, Path(folder)).items():
                await stack.enter_async_context(served(service, addresses[name]))
                databases[name] = service.database
            app = await stack.enter_async_context(open_gateway(make_database, "unix:/nobody", **addresses))
            await load_catalogue(addresses["catalog"])
            yield House(Edge(app, databases["reward"]), databases)


def _services(urls: Mapping[str, str], addresses: Mapping[str, str], folder: Path) -> Mapping[str, Service]:
    def own(name: str, *peers: str) -> dict[str, Any]:
        return {
            "database_url": urls[name],
            "listen": addresses[name],
            "data_dir": folder / name,
            **{f"{peer}_address": addresses[peer] for peer in peers},
        }

    return {
        "catalog": svc_catalog.main.build(svc_catalog.settings.Settings(**own("catalog", "segment"))),
        "segment": svc_segment.main.build(svc_segment.settings.Settings(**own("segment", "catalog", "channel"))),
        "reward": svc_reward.main.build(
            svc_reward.settings.Settings(**own("reward", "campaign", "catalog", "segment"))
        ),
        "channel": svc_channel.main.build(
            svc_channel.settings.Settings(
                **own("channel", "segment", "catalog", "reward", "campaign"),
                smsc_port=NO_SMSC,
                smsc_system_id="house",
                smsc_password=SecretStr("nobody"),
            )
        ),
        "campaign": svc_campaign.main.build(
            svc_campaign.settings.Settings(**own("campaign", "segment", "channel", "catalog", "reward"))
        ),
    }
