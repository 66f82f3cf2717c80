"""What the supervisor keeps running, as plain values that travel to it over a pipe; nothing is started here."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process: what starts it, where it logs, and when it stops relative to the others.

    `rank` orders the stop: higher ranks stop first, equal ranks together. `user` and `group` are ids to run under.
    `adopt` is a process that runs already and is watched, and started by `command` once it is gone.
    """

    name: str
    command: tuple[str, ...]
    log: str
    environment: dict[str, str] = field(default_factory=dict)
    rank: int = 1
    directory: str | None = None
    user: int | None = None
    group: int | None = None
    stop_signal: int = 15
    stop_seconds: float = 15.0
    adopt: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All processes of one suite and the file in which the supervisor records them.

    `addresses` tells where each process answers; it goes into the record as it is.
    """

    record: str
    processes: tuple[ProcessSpec, ...]
    addresses: dict[str, str] = field(default_factory=dict)


def render_plan(plan: Plan) -> str:
    """The plan as JSON; it holds secrets, so it goes through a pipe and never to disk."""
    return json.dumps(asdict(plan))


def parse_plan(text: str) -> Plan:
    """The plan out of its JSON."""
    read = json.loads(text)
    specs = [ProcessSpec(**{**entry, "command": tuple(entry["command"])}) for entry in read["processes"]]
    return Plan(record=read["record"], processes=tuple(specs), addresses=read["addresses"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """A started process: `created` (seconds since the epoch) tells it from a later one with the same pid."""

    pid: int
    created: float
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRecord:
    """What the supervisor last wrote of itself and of its processes."""

    supervisor: ProcessRecord
    processes: dict[str, ProcessRecord]
    addresses: dict[str, str]


def render_record(record: SuiteRecord) -> str:
    """The record as JSON."""
    return json.dumps(asdict(record), indent=1)


def read_record(path: Path) -> SuiteRecord | None:
    """The record in the file, or nothing when there is none or when it is broken."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        processes = {name: ProcessRecord(**entry) for name, entry in read["processes"].items()}
        supervisor = ProcessRecord(**read["supervisor"])
        return SuiteRecord(supervisor=supervisor, processes=processes, addresses=read["addresses"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def in_stop_order(specs: Sequence[ProcessSpec]) -> list[list[ProcessSpec]]:
    """The processes in groups that stop together, first the one that stops first."""
    ranks = sorted({spec.rank for spec in specs}, reverse=True)
    return [[spec for spec in specs if spec.rank == rank] for rank in ranks]
