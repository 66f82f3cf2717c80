"""Commands that change something once: the first answer is kept beside the change and given again.

The same caller, key and body get the first answer; the same key with another body is a conflict. The
claim on the key and the change are one transaction, so of two concurrent calls one waits for the other.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from google.protobuf.message import Message

from carillon_chassis.database import CONFLICTS, Database, UnitOfWork
from carillon_chassis.errors import Conflict, Unavailable
from carillon_chassis.identity import current_identity

Response = TypeVar("Response", bound=Message)
# No caller need hear of a conflict that is over at the second try, as nearly all are.
TRIES = 4

CLAIM = """
INSERT INTO command (caller, operation, request_id, request_hash) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING true
"""
RECALL = "SELECT request_hash, response FROM command WHERE caller = $1 AND operation = $2 AND request_id = $3"
KEEP = "UPDATE command SET response = $4 WHERE caller = $1 AND operation = $2 AND request_id = $3"


def request_hash(request: Message) -> bytes:
    """SHA-256 over the request without its key, in deterministic order."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("request_id")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).digest()


class Commands:
    """Runs commands of one service with replay."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(
        self,
        request: Message,
        response_type: type[Response],
        operation: Callable[[UnitOfWork], Awaitable[Response]],
    ) -> Response:
        """The answer of ``operation``, or the kept answer of the first call. Raises Conflict IDEMPOTENCY_CONFLICT.

        A transaction that PostgreSQL broke because it met another is done again from its beginning, so ``operation``
        must do nothing but through its unit; Unavailable CONTENTION when that goes on.
        """
        tries_left = TRIES
        while True:
            tries_left -= 1
            try:
                return await self._try(request, response_type, operation)
            except CONFLICTS as error:
                if not tries_left:
                    detail = "others change the same just now; try again in a moment"
                    raise Unavailable(reason="CONTENTION", detail=detail) from error

    async def _try(
        self,
        request: Message,
        response_type: type[Response],
        operation: Callable[[UnitOfWork], Awaitable[Response]],
    ) -> Response:
        request_id = cast("str", getattr(request, "request_id"))  # noqa: B009 -- a protobuf field by convention
        key = (current_identity().subject, request.DESCRIPTOR.full_name, request_id)
        hashed = request_hash(request)
        async with self._database.unit_of_work() as unit:
            if await unit.driver.fetchval(CLAIM, *key, hashed):
                response = await operation(unit)
                await unit.driver.execute(KEEP, *key, response.SerializeToString())
                return response
            row = await unit.driver.fetchrow(RECALL, *key)
        if row is None or row["request_hash"] != hashed:
            raise Conflict(
                reason="IDEMPOTENCY_CONFLICT",
                field="request_id",
                detail="this key was used before with another body; use a new key for a new request",
            )
        return response_type.FromString(row["response"])
