"""Calls to other services: every one carries a deadline, the caller's identity and the trace.

A failed call raises the domain error that the servicer raised, so a use case never sees gRPC.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar, cast, overload

import grpc

from carillon_chassis.identity import current_identity, to_metadata
from carillon_chassis.telemetry import current_traceparent
from carillon_chassis.wire_errors import from_rpc_error

# Bulk messages are at most 8 MiB of Arrow; twice that leaves room and still bounds memory.
MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024
DEFAULT_TIMEOUT_SECONDS = 10.0

OPTIONS = (
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    # A peer that restarts is found again within a second, not after gRPC's default two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Two channels to one address must not share a broken connection.
    ("grpc.use_local_subchannel_pool", 1),
)

Request = TypeVar("Request")
Response = TypeVar("Response")


def open_channel(
    address: str, *, authority: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> grpc.aio.Channel:
    """A channel to ``unix:/path.sock`` or ``host:port``; with the three PEM files it speaks mutual TLS."""
    if authority is None or certificate is None or key is None:
        return grpc.aio.insecure_channel(address, options=OPTIONS)
    credentials = grpc.ssl_channel_credentials(
        root_certificates=authority.read_bytes(),
        private_key=key.read_bytes(),
        certificate_chain=certificate.read_bytes(),
    )
    return grpc.aio.secure_channel(address, credentials, options=OPTIONS)


def call_metadata() -> grpc.aio.Metadata:
    """What every call carries: who asks, and in which trace."""
    pairs = to_metadata(current_identity())
    traceparent = current_traceparent()
    if traceparent:
        pairs.append(("traceparent", traceparent))
    return grpc.aio.Metadata(*pairs)


@overload
async def invoke(
    method: "grpc.aio.UnaryUnaryMultiCallable[Request, Response]", request: Request, *, timeout_seconds: float = ...
) -> Response: ...
@overload
async def invoke(
    method: "grpc.aio.StreamUnaryMultiCallable[Request, Response]",
    request: AsyncIterator[Request],
    *,
    timeout_seconds: float = ...,
) -> Response: ...
async def invoke(
    method: "grpc.aio.UnaryUnaryMultiCallable[Request, Response] | grpc.aio.StreamUnaryMultiCallable[Request, Response]",
    request: Request | AsyncIterator[Request],
    *,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> Response:
    """Calls a method that answers one message. Raises the DomainError that the servicer raised."""
    unary = cast("grpc.aio.UnaryUnaryMultiCallable[Request, Response]", method)
    try:
        return await unary(cast("Request", request), timeout=timeout_seconds, metadata=call_metadata())
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


@overload
def invoke_stream(
    method: "grpc.aio.UnaryStreamMultiCallable[Request, Response]",
    request: Request,
    *,
    timeout_seconds: float | None = ...,
) -> AsyncIterator[Response]: ...
@overload
def invoke_stream(
    method: "grpc.aio.StreamStreamMultiCallable[Request, Response]",
    request: AsyncIterator[Request],
    *,
    timeout_seconds: float | None = ...,
) -> AsyncIterator[Response]: ...
async def invoke_stream(
    method: "grpc.aio.UnaryStreamMultiCallable[Request, Response] | grpc.aio.StreamStreamMultiCallable[Request, Response]",
    request: Request | AsyncIterator[Request],
    *,
    timeout_seconds: float | None = 60.0,
) -> AsyncIterator[Response]:
    """Calls a method that answers a stream; None as time-out is for watches that never end."""
    streaming = cast("grpc.aio.UnaryStreamMultiCallable[Request, Response]", method)
    call = streaming(cast("Request", request), timeout=timeout_seconds, metadata=call_metadata())
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
    finally:
        call.cancel()
