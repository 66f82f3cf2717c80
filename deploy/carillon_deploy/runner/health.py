"""Asks the suite's processes whether they are well; it changes nothing and waits for nothing."""

import socket
from pathlib import Path

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

ASK_TIMEOUT_SECONDS = 2.0


def service_healthy(path: Path) -> bool:
    """Whether a gRPC service on a unix socket says SERVING."""
    if not path.exists():
        return False
    with grpc.insecure_channel(f"unix:{path}", options=(("grpc.use_local_subchannel_pool", 1),)) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=ASK_TIMEOUT_SECONDS
            )
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def gateway_healthy(url: str) -> bool:
    """Whether the gateway says that it and all behind it are ready."""
    try:
        return httpx.get(f"{url}/readyz", timeout=ASK_TIMEOUT_SECONDS, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def port_open(host: str, port: int) -> bool:
    """Whether somebody takes connections on a TCP port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(ASK_TIMEOUT_SECONDS)
        return probe.connect_ex((host, port)) == 0


def port_free(host: str, port: int) -> bool:
    """Whether a TCP port can be taken now."""
    with socket.socket() as probe:
        # As the gateway does, so that connections of a suite that just stopped do not stand in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str, wanted: int) -> int:
    """The wanted TCP port if it is free, else any that is."""
    if port_free(host, wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
