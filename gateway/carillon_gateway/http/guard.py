"""Stands before every operation: rate, token, role, media type, size; and notes each change in the audit log.

It runs before the body is read, so that who may not call learns nothing about the body and costs little.
"""

import math
import re
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from opentelemetry import trace
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Receive

from carillon_chassis.clock import Clock
from carillon_chassis.errors import InvalidInput, LimitExceeded, PermissionRefused
from carillon_chassis.identity import NOBODY, Identity, acting_as
from carillon_gateway.audit.chain import Entry
from carillon_gateway.audit.trail import Trail
from carillon_gateway.http.channel_permissions import CALLBACKS
from carillon_gateway.http.envelope import OPERATION_KEY, REQUEST_ID_KEY
from carillon_gateway.http.numbers import mask_numbers
from carillon_gateway.http.permissions import PUBLIC, is_allowed, roles_for
from carillon_gateway.http.problems import RETRY_KEY, ProblemResponse, Refusal, render_error
from carillon_gateway.identity.authentication import Authentication
from carillon_gateway.identity.buckets import Buckets
from carillon_gateway.identity.clients import Caller
from carillon_gateway.identity.proven_peers import ProvenPeers
from carillon_gateway.identity.tokens import TokenRefused, TokenSigner
from carillon_gateway.peers import Peers

# Printable ASCII without the space; with client id and colon it stays within the services' 200 characters.
IDEMPOTENCY_KEY = re.compile(r"^[!-~]{1,128}$")
READING_METHODS = frozenset({"GET", "HEAD"})
# Readings that are noted like changes: people's data, or what was done, leave the suite.
NOTED_READINGS = frozenset({"export_members", "get_match_list", "get_class_list", "export_audit_log"})
# Which media type an operation takes; all others whose route has a body take JSON.
MULTIPART_OPERATIONS = frozenset({"upload_snapshot"})
FORM_OPERATIONS = frozenset({"issue_token"})
# Answers that say that the proof was none, or that there is no such line.
UNPROVEN_STATUSES = frozenset({401, 403, 404})
# Where a callback's route leaves what svc-channel says of the peer.
PROVEN_KEY = "carillon.proven"
REALM = 'Bearer realm="carillon"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What the checks need; main puts one into ``app.state.guard``."""

    peers: Peers
    authentication: Authentication
    signer: TokenSigner
    clock: Clock
    ids: Callable[[], uuid.UUID]
    buckets: Buckets
    proven_peers: ProvenPeers
    trail: Trail
    public_url: str
    body_limit_bytes: int
    snapshot_limit_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that passed: the services, who asks, and the request id under which a change is made once.

    ``public_url`` is where subscribers reach the gateway; empty when the operator has not said it.
    """

    peers: Peers
    caller: Caller | None
    request_id: str
    public_url: str = ""

    def link(self, request: Request, path: str) -> str:
        """The address of a path for subscribers; without a ``public_url`` it begins as this request's did."""
        return (self.public_url or str(request.base_url).rstrip("/")) + path


async def call_of(request: Request) -> Call:
    """The call that the guard let through."""
    call: Call = request.scope["carillon.call"]
    return call


CallDep = Annotated[Call, Depends(call_of)]


class GuardedRoute(APIRoute):
    """A route whose operation is checked first and, where it changes something, noted."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the guard around it."""
        serve = super().get_route_handler()
        operation = self.name
        media_type = _media_type(self)

        async def handle(request: Request) -> Response:
            guard: Guard = request.app.state.guard
            request.scope[OPERATION_KEY] = operation
            caller: Caller | None = None
            try:
                caller = None if operation in PUBLIC else _authenticate(guard, request)
                _admit(guard, request, operation, caller, media_type)
                call = Call(
                    peers=guard.peers,
                    caller=caller,
                    request_id=_request_id(request, caller, guard.ids),
                    public_url=guard.public_url,
                )
                request.scope["carillon.call"] = call
                limit = guard.snapshot_limit_bytes if operation in MULTIPART_OPERATIONS else guard.body_limit_bytes
                bounded = Request(request.scope, _bounded(request, limit))
                with acting_as(_identity(caller)):
                    response = await serve(bounded)
            except Exception as error:  # noqa: BLE001 -- every refusal is answered and noted alike
                response = render_error(error)
            if operation in CALLBACKS:
                _note_proof(guard, request, response)
            if caller is not None and (request.method not in READING_METHODS or operation in NOTED_READINGS):
                note_change(guard, request, operation, caller, response)
            return response

        return handle


def _admit(guard: Guard, request: Request, operation: str, caller: Caller | None, media_type: str) -> None:
    """Raises LimitExceeded, PermissionRefused, Unavailable or Refusal where the call may not go on."""
    if operation in CALLBACKS:
        _admit_peer(guard, request)
    else:
        _take(guard, f"client {caller.client_id}" if caller is not None else _address(request))
    if caller is not None and not is_allowed(caller.role, operation):
        raise PermissionRefused(
            reason="ROLE_MISSING",
            detail=f"the role {caller.role} may not do this; it takes one of: {', '.join(roles_for(operation))}",
        )
    if request.method not in READING_METHODS:
        guard.trail.require_room()
        _check_media_type(request, media_type)


def _authenticate(guard: Guard, request: Request) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        _take(guard, _address(request))
        detail = "send Authorization: Bearer with a token from POST /oauth2/token"
        raise Refusal(401, "TOKEN_MISSING", detail, headers={"www-authenticate": REALM})
    try:
        return guard.signer.read(token.strip(), now=guard.clock.now())
    except TokenRefused as error:
        _take(guard, _address(request))
        challenge = f'{REALM}, error="invalid_token", error_description="{error.detail}"'
        raise Refusal(401, error.reason, error.detail, headers={"www-authenticate": challenge}) from error


def _address(request: Request) -> str:
    return f"address {request.client.host if request.client else ''}"


def _line(request: Request) -> str:
    return request.query_params.get("line", "")


def _admit_peer(guard: Guard, request: Request) -> None:
    """A peer that has proved itself has its line's budget, any other that of its address."""
    wait = guard.proven_peers.take(_address(request), _line(request), now_seconds=time.monotonic())
    if wait is None:
        _take(guard, _address(request))
    else:
        _refuse_haste(wait)


def _note_proof(guard: Guard, request: Request, response: Response) -> None:
    """What came of the call says of the peer: proved, not proved, or (a broken document, a service away) nothing."""
    taken = request.scope.get(PROVEN_KEY, False)
    if taken or response.status_code in UNPROVEN_STATUSES:
        guard.proven_peers.note(_address(request), _line(request), taken=taken, now_seconds=time.monotonic())


def _take(guard: Guard, key: str) -> None:
    _refuse_haste(guard.buckets.take(key, now_seconds=time.monotonic()))


def _refuse_haste(wait: float) -> None:
    if wait > 0:
        raise LimitExceeded(
            reason="RATE_LIMITED",
            detail="too many requests; slow down and try again after the seconds in Retry-After",
            metadata={RETRY_KEY: str(math.ceil(wait))},
        )


def _media_type(route: APIRoute) -> str:
    """What the body of a route's operation has to be; empty where it takes none."""
    if route.name in FORM_OPERATIONS:
        return "application/x-www-form-urlencoded"
    if route.name in MULTIPART_OPERATIONS:
        return "multipart/form-data"
    return "application/json" if route.body_field is not None else ""


def _check_media_type(request: Request, expected: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if expected and given != expected:
        raise Refusal(415, "MEDIA_TYPE_UNSUPPORTED", f"send the body as {expected}")


def _request_id(request: Request, caller: Caller | None, ids: Callable[[], uuid.UUID]) -> str:
    """Client id and Idempotency-Key, so that two clients' keys never meet; a fresh one when the key is absent."""
    client = caller.client_id if caller is not None else "public"
    key = request.headers.get("idempotency-key")
    if key is None:
        return f"{client}:{ids()}"
    if not IDEMPOTENCY_KEY.match(key):
        raise InvalidInput(
            reason="IDEMPOTENCY_KEY_INVALID",
            field="Idempotency-Key",
            detail="an idempotency key has 1 to 128 printable ASCII characters without spaces",
        )
    return f"{client}:{key}"


def _identity(caller: Caller | None) -> Identity:
    if caller is None:
        return NOBODY
    return Identity(subject=caller.client_id, roles=frozenset({caller.role.value}), branch=caller.branch)


def _bounded(request: Request, limit_bytes: int) -> Receive:
    """The request's body, refused with 413 as soon as it passes the limit, whatever its Content-Length says."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit_bytes:
        raise _too_large(limit_bytes)
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit_bytes:
            raise _too_large(limit_bytes)
        return message

    return receive


def _too_large(limit_bytes: int) -> HTTPException:
    # FastAPI's reader of bodies lets only this class through.
    return HTTPException(413, f"the body may have at most {limit_bytes} bytes", headers={"connection": "close"})


def note_change(guard: Guard, request: Request, operation: str, caller: Caller, response: Response) -> None:
    """Notes in the audit log what the caller did and how it ended; the thing made is the target where one was."""
    context = trace.get_current_span().get_span_context()
    entry = Entry(
        at=guard.clock.now(),
        subject=caller.client_id,
        role=caller.role.value,
        branch=caller.branch,
        action=operation,
        target=mask_numbers(response.headers.get("location", request.url.path)),
        outcome=response.status_code,
        reason=response.reason if isinstance(response, ProblemResponse) else "",
        request_id=request.scope[REQUEST_ID_KEY],
        trace_id=f"{context.trace_id:032x}" if context.is_valid else "",
    )
    guard.trail.note(entry)
