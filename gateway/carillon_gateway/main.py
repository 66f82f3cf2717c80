"""Builds the gateway's objects from its settings; nothing else builds objects, and nothing here serves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.ids import new_id
from carillon_gateway.audit.trail import Trail
from carillon_gateway.console import PeersBackend, mount_console
from carillon_gateway.http.application import make_application
from carillon_gateway.http.guard import Guard
from carillon_gateway.identity.authentication import Authentication
from carillon_gateway.identity.buckets import Buckets
from carillon_gateway.identity.proven_peers import ProvenPeers
from carillon_gateway.identity.tokens import TokenSigner, check_signing_key
from carillon_gateway.peers import Peers, open_peers
from carillon_gateway.settings import Settings

# A burst of two seconds' worth lets a client that starts at full speed through, and stops one that keeps on.
BURST_SECONDS = 2


def build(settings: Settings) -> FastAPI:
    """The application, ready to serve in the running event loop. Raises SigningKeyRefused for a guessable key."""
    signer = TokenSigner(
        key=check_signing_key(settings.token_key.get_secret_value()), lifetime_seconds=settings.token_lifetime_seconds
    )
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    peers = open_peers(
        settings.addresses(),
        authority=settings.tls_authority,
        certificate=settings.tls_certificate,
        key=settings.tls_key,
    )
    clock = SystemClock()
    authentication = Authentication(database, signer, clock=clock, ids=new_id)
    trail = Trail(database)
    guard = Guard(
        peers=peers,
        authentication=authentication,
        signer=signer,
        clock=clock,
        ids=new_id,
        buckets=_buckets(settings.requests_per_second),
        proven_peers=ProvenPeers(_buckets(settings.callbacks_per_second)),
        trail=trail,
        public_url=settings.public_url.rstrip("/"),
        body_limit_bytes=settings.body_limit_bytes,
        snapshot_limit_bytes=settings.snapshot_limit_bytes,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        writing = asyncio.ensure_future(trail.run())
        yield
        await trail.close()
        await writing
        await _close(peers, database)

    app = make_application(guard, ids=new_id, version=version("carillon-gateway"), lifespan=lifespan)
    if settings.console:
        mount_console(app, PeersBackend(authentication, peers), settings)
    return app


def _buckets(rate_per_second: float) -> Buckets:
    return Buckets(rate_per_second=rate_per_second, burst=rate_per_second * BURST_SECONDS)


async def _close(peers: Peers, database: Database) -> None:
    await peers.close()
    await database.close()
