"""Traces and metrics by the OpenTelemetry SDK; nothing here may see a message's content or a number in clear.

The stock gRPC instrumentation halves a small call's throughput, so the spans are made by the chassis itself.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue
from prometheus_client import REGISTRY, generate_latest

TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")


def start_telemetry(service: str, traces: str) -> TracerProvider:
    """Sets up the process's tracer and meter. ``traces`` is none, otlp or file:/path; raises ValueError otherwise."""
    resource = Resource.create({"service.name": f"carillon-{service}"})
    provider = TracerProvider(resource=resource)
    exporter = _exporter(traces)
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PrometheusMetricReader()]))
    return provider


def _exporter(traces: str) -> SpanExporter | None:
    if traces == "none":
        return None
    if traces == "otlp":
        return OTLPSpanExporter()
    if traces.startswith("file:"):
        path = Path(traces.removeprefix("file:"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return ConsoleSpanExporter(out=path.open("a", buffering=1), formatter=_line)
    raise ValueError(f"traces must be none, otlp or file:/path, not {traces!r}")


def _line(span: ReadableSpan) -> str:
    return str(span.to_json(indent=None)) + "\n"


def tracer() -> trace.Tracer:
    """The tracer of this process."""
    return _tracer_of(trace.get_tracer_provider())


@lru_cache(maxsize=4)
def _tracer_of(provider: trace.TracerProvider) -> trace.Tracer:
    """Kept, since making one anew for every span costs more than the span."""
    return provider.get_tracer("carillon")


def meter() -> metrics.Meter:
    """The meter of this process; instruments end up in ``exposition``."""
    return metrics.get_meter("carillon")


def exposition() -> str:
    """All metrics of this process in Prometheus text format."""
    return generate_latest(REGISTRY).decode()


@contextmanager
def span(
    name: str,
    *,
    traceparent: str | None = None,
    attributes: Mapping[str, AttributeValue] | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
) -> Iterator[trace.Span]:
    """A span under the current one, or under ``traceparent`` when the work came from another process or time."""
    context = trace.set_span_in_context(NonRecordingSpan(parsed)) if (parsed := _parsed(traceparent)) else None
    with tracer().start_as_current_span(name, context=context, attributes=attributes, kind=kind) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def current_traceparent() -> str:
    """The W3C traceparent of the current span, empty outside any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _parsed(traceparent: str | None) -> SpanContext | None:
    match = TRACEPARENT.match(traceparent or "")
    if match is None:
        return None
    return SpanContext(
        trace_id=int(match[1], 16), span_id=int(match[2], 16), is_remote=True, trace_flags=TraceFlags(int(match[3], 16))
    )
