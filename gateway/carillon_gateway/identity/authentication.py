"""Proves a client by its secret and gives it a token; it must not say which of id and secret was wrong."""

import asyncio
import math
import secrets
import time
import uuid
from collections.abc import Callable

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import LimitExceeded
from carillon_gateway.identity.buckets import Buckets
from carillon_gateway.identity.clients import CLIENT_ID, Client
from carillon_gateway.identity.secrets import RememberedSecrets, hash_secret, secret_matches
from carillon_gateway.identity.store import find_client
from carillon_gateway.identity.tokens import TokenSigner

# Ten guesses at once from one address at one client, then one every six seconds: hopeless to search, kind to a typo.
GUESSES_PER_SECOND = 1 / 6
GUESSES_AT_ONCE = 10
# scrypt takes a core for 35 ms; more of them at once would only starve the event loop.
HASHES_AT_ONCE = 2


class ClientRefused(Exception):
    """The client did not prove itself."""


class Authentication:
    """Checks client credentials and signs tokens."""

    def __init__(self, database: Database, signer: TokenSigner, *, clock: Clock, ids: Callable[[], uuid.UUID]) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._ids = ids
        self._remembered = RememberedSecrets()
        self._guesses = Buckets(rate_per_second=GUESSES_PER_SECOND, burst=GUESSES_AT_ONCE)
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        # An unknown client costs as much time as a known one with a wrong secret.
        self._nobodys_hash = hash_secret(secrets.token_hex(16), salt=secrets.token_bytes(16))

    async def prove(self, client_id: str, client_secret: str, *, address: str) -> Client:
        """The client that has this secret. Raises ClientRefused, or LimitExceeded after too many wrong ones."""
        key = f"{address} {client_id}"
        wait = self._guesses.wait_seconds(key, now_seconds=time.monotonic())
        if wait > 0:
            raise LimitExceeded(
                reason="TOO_MANY_FAILURES",
                detail=f"too many wrong secrets for this client; try again in {math.ceil(wait)} s",
                metadata={"retry_after_seconds": str(math.ceil(wait))},
            )
        client = await self._find(client_id)
        stored = client.secret_hash if client is not None else self._nobodys_hash
        if not await self._matches(client_secret, stored) or client is None:
            self._guesses.take(key, now_seconds=time.monotonic())
            raise ClientRefused
        return client

    def sign(self, client: Client) -> str:
        """A bearer token for a client that proved itself."""
        return self._signer.sign(client, now=self._clock.now(), token_id=str(self._ids()))

    async def _find(self, client_id: str) -> Client | None:
        if not CLIENT_ID.match(client_id):
            return None
        async with self._database.unit_of_work() as unit:
            return await find_client(unit, client_id)

    async def _matches(self, secret: str, stored: str) -> bool:
        if self._remembered.knows(secret, stored):
            return True
        async with self._hashing:
            matched = await asyncio.to_thread(secret_matches, secret, stored)
        if matched:
            self._remembered.remember(secret, stored)
        return matched
