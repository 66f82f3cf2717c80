"""What happens around every call that a service serves: shape check, identity, trace, metrics, errors.

One thin interceptor of our own: five stacked ones, or the stock tracing one, would cost more than a small call.
"""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import grpc
import protovalidate
from google.protobuf.message import Message
from opentelemetry.trace import SpanKind

from carillon_chassis.errors import DomainError, InvalidInput, Violation
from carillon_chassis.identity import acting_as, from_metadata
from carillon_chassis.telemetry import meter, span
from carillon_chassis.wire_errors import MOST_VIOLATIONS, code_of, to_status

logger = logging.getLogger(__name__)

Context = Any  # grpc.aio.ServicerContext, whose type parameters differ a method
Servicer = Callable[[Any, Context], Any]


def check_shape(request: Message) -> None:
    """Raises InvalidInput SHAPE with what breaks the constraints in the .proto, as far as a status can tell it."""
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        violations = tuple(_violation(found.proto) for found in error.violations[:MOST_VIOLATIONS])
        raise InvalidInput(
            reason="SHAPE",
            field=violations[0].field,
            detail="; ".join(f"{one.field}: {one.detail}" for one in violations),
            violations=violations,
        ) from error


def _violation(found: Any) -> Violation:
    path = ""
    for element in found.field.elements:
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None and getattr(element.subscript, "field", "") == "index":
            path += f"[{element.subscript.value}]"
    return Violation(field=path, rule=found.rule_id, detail=found.message)


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps each method's servicer once and keeps the wrapped handler."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._seconds = meter().create_histogram(
            "carillon_grpc_server_duration",
            unit="s",
            description="Time from request to answer",
            explicit_bucket_boundaries_advisory=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """The wrapped handler of the method, or gRPC's own answer for an unknown one."""
        method = str(handler_call_details.method)
        if method in self._handlers:
            return self._handlers[method]
        handler = await continuation(handler_call_details)
        if handler is None or method.startswith("/grpc."):
            return handler
        self._handlers[method] = self._wrap(method, handler)
        return self._handlers[method]

    def _wrap(self, method: str, handler: "grpc.RpcMethodHandler[Any, Any]") -> "grpc.RpcMethodHandler[Any, Any]":
        serializers = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.response_streaming:
            servicer = handler.stream_stream if handler.request_streaming else handler.unary_stream
            streaming = self._streaming(method, cast("Servicer", servicer), handler.request_streaming)
            make = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
            return make(streaming, **serializers)
        servicer = handler.stream_unary if handler.request_streaming else handler.unary_unary
        unary = self._unary(method, cast("Servicer", servicer), handler.request_streaming)
        make_unary = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        return make_unary(unary, **serializers)

    def _unary(self, method: str, servicer: Servicer, stream_in: bool) -> Servicer:
        async def behave(request: Any, context: Context) -> Any:
            metadata = dict(context.invocation_metadata() or ())
            started = time.perf_counter()
            code = grpc.StatusCode.OK
            try:
                with (
                    acting_as(from_metadata(metadata)),
                    span(method, traceparent=metadata.get("traceparent"), kind=SpanKind.SERVER),
                ):
                    if stream_in:
                        request = _checked(request)
                    else:
                        check_shape(request)
                    answer = await servicer(request, context)
            except Exception as error:
                code = self._code(method, error)
                await _abort(context, code, error)
                raise
            finally:
                self._seconds.record(time.perf_counter() - started, {"method": method, "code": code.name})
            return answer

        return behave

    def _streaming(self, method: str, servicer: Servicer, stream_in: bool) -> Servicer:
        async def behave(request: Any, context: Context) -> None:
            metadata = dict(context.invocation_metadata() or ())
            try:
                if not stream_in:
                    check_shape(request)
                with (
                    acting_as(from_metadata(metadata)),
                    span(method, traceparent=metadata.get("traceparent"), kind=SpanKind.SERVER),
                ):
                    async for response in servicer(_checked(request) if stream_in else request, context):
                        await context.write(response)
            except Exception as error:
                await _abort(context, self._code(method, error), error)
                raise

        return behave

    def _code(self, method: str, error: Exception) -> grpc.StatusCode:
        if isinstance(error, DomainError):
            return code_of(error)
        if not isinstance(error, grpc.aio.AbortError):
            logger.error("%s failed in %s", method, self._service, exc_info=error)
        return grpc.StatusCode.INTERNAL


async def _abort(context: Context, code: grpc.StatusCode, error: Exception) -> None:
    """Ends the call with the error's rich status; what is not a domain error stays inside, in the log."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, DomainError):
        error = DomainError(reason="INTERNAL", detail="an internal error; the service's log says more")
    status = to_status(error)
    status.code = code.value[0]
    trailer = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(code, error.detail, trailing_metadata=trailer)


async def _checked(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        check_shape(request)
        yield request
