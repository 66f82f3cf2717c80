"""Serves one service: its gRPC servicers, health, facts, metrics and workers, in one event loop.

``python -m svc_x serve`` (default), ``worker`` (no servicers but health) or ``migrate``.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import grpc
import uvloop
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from carillon.common.v1 import facts_pb2_grpc, metrics_pb2, metrics_pb2_grpc
from carillon_chassis.client import MESSAGE_LIMIT_BYTES
from carillon_chassis.database import Database
from carillon_chassis.interceptor import CallInterceptor
from carillon_chassis.memory import keep_start
from carillon_chassis.outbox import FactServicer
from carillon_chassis.retention import Retention
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.telemetry import exposition, start_telemetry

# Calls in flight are given this long to end when the process is told to stop.
STOP_GRACE_SECONDS = 5.0

OPTIONS = (
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    # Without this two services can share one port in silence.
    ("grpc.so_reuseport", 0),
)

logger = logging.getLogger(__name__)

Worker = Callable[[], Awaitable[None]]
Registration = tuple[Callable[[Any, grpc.aio.Server], None], Any]
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


@dataclass(frozen=True, kw_only=True)
class Service:
    """What main builds: everything of one service, ready to run."""

    settings: ServiceSettings
    name: str
    database: Database
    servicers: Sequence[Registration]
    workers: Sequence[Worker] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = field(default=())
    """Called at the end, in order: channels, pools, files."""


class MetricsServicer(metrics_pb2_grpc.MetricsServiceServicer):
    """Gives the process's metrics to the gateway."""

    async def CollectMetrics(  # noqa: N802 -- the name is the protocol's
        self,
        request: metrics_pb2.CollectMetricsRequest,  # noqa: ARG002 -- gRPC's signature
        context: "grpc.aio.ServicerContext[metrics_pb2.CollectMetricsRequest, Any]",  # noqa: ARG002 -- the same
    ) -> metrics_pb2.CollectMetricsResponse:
        """All metrics in Prometheus text."""
        return metrics_pb2.CollectMetricsResponse(exposition=exposition())


async def start_server(service: Service, *, listen: str, with_servicers: bool = True) -> grpc.aio.Server:
    """A started server; health says SERVING. Raises RuntimeError when the address is taken."""
    server = grpc.aio.server(interceptors=[CallInterceptor(service.name)], options=OPTIONS)
    if with_servicers:
        for register, servicer in service.servicers:
            register(servicer, server)
        facts_pb2_grpc.add_FactServiceServicer_to_server(FactServicer(service.database), server)
    metrics_pb2_grpc.add_MetricsServiceServicer_to_server(MetricsServicer(), server)
    state = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    _bind(server, listen, service.settings)
    await server.start()
    await state.set("", health_pb2.HealthCheckResponse.SERVING)
    return server


def _bind(server: grpc.aio.Server, listen: str, settings: ServiceSettings) -> None:
    if listen.startswith("unix:"):
        path = Path(listen.removeprefix("unix:"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    if settings.tls_certificate and settings.tls_key and settings.tls_authority:
        credentials = grpc.ssl_server_credentials(
            [(settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())],
            root_certificates=settings.tls_authority.read_bytes(),
            require_client_auth=True,
        )
        server.add_secure_port(listen, credentials)
    else:
        server.add_insecure_port(listen)


async def _run(service: Service, mode: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    keep_start()
    server = await start_server(service, listen=service.settings.listen, with_servicers=mode == "serve")
    working = mode == "worker" or service.settings.embedded_worker
    all_workers = (*service.workers, Retention(service.database).run)
    workers = [asyncio.ensure_future(worker()) for worker in all_workers] if working else []
    logger.info("%s serves at %s", service.name, service.settings.listen)
    waiting = asyncio.ensure_future(stopping.wait())
    done, _ = await asyncio.wait([waiting, *workers], return_when=asyncio.FIRST_COMPLETED)
    await server.stop(STOP_GRACE_SECONDS)
    for task in (waiting, *workers):
        task.cancel()
    ended = await asyncio.gather(*workers, return_exceptions=True)
    for close in service.closers:
        await close()
    await service.database.close()
    if waiting not in done:
        # A worker runs for ever; one that ended has failed, and the supervisor starts the process again.
        failed = next((error for error in ended if isinstance(error, Exception)), None)
        raise SystemExit(f"a worker of {service.name} ended: {failed!r}")


def run(name: str, settings_type: type[SettingsT], build: Callable[[SettingsT], Service], *, migrations: str) -> None:
    """The whole of a service's __main__: reads the settings and the mode, runs until told to stop."""
    mode = sys.argv[1] if len(sys.argv) > 1 else "serve"
    if mode not in {"serve", "worker", "migrate"}:
        raise SystemExit(f"usage: serve | worker | migrate, not {mode!r}")
    settings = settings_type()
    logging.basicConfig(
        level=settings.log_level,
        format='{"at":"%(asctime)s","level":"%(levelname)s","logger":"%(name)s","message":"%(message)s"}',
    )
    if mode == "migrate":
        # Only here: Alembic costs a third of a second of every start, and a serving process never migrates.
        from carillon_chassis.migrations import migrate  # noqa: PLC0415 -- said above

        uvloop.run(migrate(settings.database_url, migrations))
        return
    provider = start_telemetry(name, settings.traces)

    async def main() -> None:
        await _run(build(settings), mode)

    try:
        uvloop.run(main())
    finally:
        provider.shutdown()
