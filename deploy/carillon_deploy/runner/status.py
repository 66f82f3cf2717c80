"""What stands of the suite now: processes, versions, addresses, memory, health; it changes nothing."""

import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil

from carillon_deploy.home import Home
from carillon_deploy.runner.databases import SERVICES
from carillon_deploy.runner.layout import GATEWAY, Layout
from carillon_deploy.runner.plan import ProcessRecord
from carillon_deploy.runner.postgres import POSTGRES_VERSION, Postgres
from carillon_deploy.runner.simulators import SIMULATORS
from carillon_deploy.runner.suite import healthy
from carillon_deploy.runner.supervision import current_record, find_process

# The packages whose versions the processes run.
_PACKAGES = {
    **{name: f"carillon-svc-{name}" for name in SERVICES},
    GATEWAY: "carillon-gateway",
    **dict.fromkeys(SIMULATORS, "carillon-svc-channel"),
    "supervisor": "carillon-deploy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStatus:
    """One process of the suite: `health` is healthy, unwell or down; `rss_bytes` includes its children."""

    name: str
    version: str
    address: str
    health: str
    pid: int | None = None
    rss_bytes: int = 0
    uptime_seconds: int = 0
    restarts: int = 0


def read_status(layout: Layout) -> list[ProcessStatus]:
    """All processes of the suite, those that are down included."""
    record = current_record(layout.home)
    records = {} if record is None else record.processes
    addresses = layout.addresses() if record is None else record.addresses
    lines = [_supervisor(layout.home, record.supervisor if record else None)]
    names = ["postgres"] if layout.embedded() else []
    names += [*SIMULATORS, *SERVICES, GATEWAY]
    return lines + [_status(layout, name, addresses.get(name, ""), records.get(name)) for name in names]


def _supervisor(home: Home, record: ProcessRecord | None) -> ProcessStatus:
    return _described("supervisor", str(home.root), record, well=record is not None)


def _status(layout: Layout, name: str, address: str, record: ProcessRecord | None) -> ProcessStatus:
    if name != "postgres":
        return _described(name, address, record, well=record is not None and healthy(layout, name))
    postgres = Postgres(layout.home)
    process = postgres.process()
    if process is None:
        return _described(name, address, None, well=False)
    restarts = record.restarts if record else 0
    seen = ProcessRecord(pid=process.pid, created=process.create_time(), restarts=restarts)
    return _described(name, address, seen, well=postgres.status() == "ready")


def _described(name: str, address: str, record: ProcessRecord | None, *, well: bool) -> ProcessStatus:
    process = None if record is None else find_process(record.pid, record.created)
    if record is None or process is None:
        return ProcessStatus(name=name, version=_version(name), address=address, health="down")
    return ProcessStatus(
        name=name,
        version=_version(name),
        address=address,
        health="healthy" if well else "unwell",
        pid=process.pid,
        rss_bytes=_rss_bytes(process) if name == "postgres" else _own_rss_bytes(process),
        uptime_seconds=max(0, int(time.time() - record.created)),
        restarts=record.restarts,
    )


def _rss_bytes(process: psutil.Process) -> int:
    """Memory of a process and its children; what they share counts once for each."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_own_rss_bytes(member) for member in family)


def _own_rss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _version(name: str) -> str:
    if name == "postgres":
        return str(POSTGRES_VERSION)
    try:
        return version(_PACKAGES[name])
    except PackageNotFoundError:
        return "not installed"
