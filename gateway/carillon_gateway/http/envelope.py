"""What surrounds every HTTP request: its id, its trace, its metrics, its log line and the security headers.

Pure ASGI, since a middleware that wraps request and response objects costs a task and two queues a request.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carillon_chassis.telemetry import current_traceparent, meter, span
from carillon_gateway.http.numbers import mask_numbers
from carillon_gateway.http.problems import render_error

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
REQUEST_ID_KEY = "carillon.request_id"
OPERATION_KEY = "carillon.operation"

# An API answer is no page: nothing in it may run, frame it or keep it.
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# The documents' page runs the scripts that the gateway itself serves, and nothing else.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self' data:; frame-ancestors 'none'"
)
# NiceGUI's pages carry scripts and compile templates of their own; they may load nothing from elsewhere.
CONSOLE_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws: wss:; frame-ancestors 'none'; object-src 'none'"
)
POLICIES = (("/docs", DOCS_POLICY), ("/console", CONSOLE_POLICY), ("/_nicegui", CONSOLE_POLICY))
COMMON_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
PRIVATE_PREFIXES = ("/api/", "/oauth2/", "/r/")
BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

access_log = logging.getLogger("carillon_gateway.access")


class Envelope:
    """The outermost middleware of ours; also the last place that turns an exception into an answer."""

    def __init__(self, app: ASGIApp, *, ids: Callable[[], uuid.UUID]) -> None:
        self._app = app
        self._ids = ids
        self._seconds = meter().create_histogram(
            "carillon_http_server_duration",
            unit="s",
            description="Time from request to answer",
            explicit_bucket_boundaries_advisory=BUCKETS_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = headers.get(b"x-request-id", b"").decode("latin-1")
        if not REQUEST_ID.match(request_id):
            request_id = self._ids().hex
        scope[REQUEST_ID_KEY] = request_id
        traceparent = headers.get(b"traceparent", b"").decode("latin-1")
        started = time.perf_counter()
        with span(f"HTTP {scope['method']}", traceparent=traceparent, kind=SpanKind.SERVER) as current:
            answer = _Answer(send, scope["path"], request_id)
            try:
                await self._app(scope, receive, answer.send)
            except Exception as error:  # noqa: BLE001 -- the last place that can turn it into an answer
                response = render_error(error)
                if not answer.status:
                    await response(scope, receive, answer.send)
            operation = scope.get(OPERATION_KEY, "unknown")
            current.update_name(f"HTTP {scope['method']} {operation}")
            current.set_attributes({"http.response.status_code": answer.status, "carillon.request_id": request_id})
        elapsed = time.perf_counter() - started
        self._seconds.record(elapsed, {"operation": operation, "status": str(answer.status)})
        if access_log.isEnabledFor(logging.INFO):
            access_log.info(
                "%s %s %d %.1f ms %s",
                scope["method"],
                mask_numbers(scope["path"]),
                answer.status,
                elapsed * 1000,
                request_id,
            )


class _Answer:
    """Sends an answer on with the headers that every answer carries, and remembers its status."""

    def __init__(self, send: Send, path: str, request_id: str) -> None:
        self._send = send
        self._path = path
        self._request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        """Passes one ASGI message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self._headers(dict(message["headers"]))]}
        await self._send(message)

    def _headers(self, given: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        added = [*COMMON_HEADERS, (b"x-request-id", self._request_id.encode())]
        if traceparent := current_traceparent():
            added.append((b"traceparent", traceparent.encode()))
        if b"content-security-policy" not in given:
            policy = next((policy for prefix, policy in POLICIES if self._path.startswith(prefix)), API_POLICY)
            added.append((b"content-security-policy", policy.encode()))
        if b"cache-control" not in given and self._path.startswith(PRIVATE_PREFIXES):
            added.append((b"cache-control", b"no-store"))
        return added
