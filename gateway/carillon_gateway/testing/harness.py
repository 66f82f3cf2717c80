"""A running gateway as tests see it: the application over ASGI, its clients and their tokens; never used in service."""

from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from carillon_chassis.database import Database
from carillon_gateway.http.guard import Guard
from carillon_gateway.identity.clients import Role
from carillon_gateway.identity.seeding import Credential
from carillon_gateway.settings import Settings
from carillon_gateway.testing.suite import StandIns

BASE_URL = "http://gateway.test"
# Where the calls of tests seem to come from.
ADDRESS = ("127.0.0.1", 40000)


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """The running application and ways to call it."""

    app: FastAPI
    database: Database
    stand_ins: StandIns
    settings: Settings
    http: httpx.AsyncClient

    async def token(self, role: str) -> str:
        """A bearer token of the client with that role."""
        form = {"grant_type": "client_credentials", "client_id": client_id(role), "client_secret": secret(role)}
        response = await self.http.post("/oauth2/token", data=form)
        response.raise_for_status()
        return str(response.json()["access_token"])

    async def signed_in(self, role: str) -> httpx.AsyncClient:
        """A client that sends the role's token."""
        headers = {"authorization": f"Bearer {await self.token(role)}"}
        transport = httpx.ASGITransport(app=self.app, client=ADDRESS)
        return httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)

    async def flush(self) -> None:
        """Writes what waits for the audit log."""
        await self.guard.trail.flush()

    @property
    def guard(self) -> Guard:
        """What the application works with."""
        guard: Guard = self.app.state.guard
        return guard


def client_id(role: str) -> str:
    """The test client that holds the role."""
    return f"test-{role.replace('_', '-')}"


def secret(role: str) -> str:
    """Its secret."""
    return f"secret-of-{role}-for-tests"


def credentials() -> list[Credential]:
    """One client a role."""
    return [
        Credential(role=role, branch="guangzhou", client_id=client_id(role), client_secret=secret(role))
        for role in Role
    ]
