"""Which processes make up the suite and what each is told by its environment; nothing is started here."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from carillon_deploy.home import Home, read_home
from carillon_deploy.runner.account import postgres_account
from carillon_deploy.runner.databases import SERVICES, WITH_DATABASE, database_name
from carillon_deploy.runner.health import free_port
from carillon_deploy.runner.keys import keep_key
from carillon_deploy.runner.plan import Plan, ProcessSpec
from carillon_deploy.runner.postgres import ENVIRONMENT, STOP_TIMEOUT_SECONDS, Postgres
from carillon_deploy.runner.simulators import (
    OF_CHANNEL,
    OUT_CALL,
    PLATFORM,
    RECHARGE,
    SIMULATORS,
    SMSC,
    render_lines,
    simulator_options,
)
from carillon_deploy.runner.supervision import MARKER, RECORD_NAME, current_record

GATEWAY = "gateway"
# Stops go from the highest rank to the lowest: first nobody asks, last nobody stores.
GATEWAY_RANK, SERVICE_RANK, SIMULATOR_RANK, POSTGRES_RANK = 4, 3, 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One suite's processes: their modules, their addresses, their environment.

    `modules` maps a process to the module that `python -m` runs and `migrations` to the package of its tables'
    versions, so that tests put small ones in place.
    """

    home: Home
    inherited: Mapping[str, str]
    modules: Mapping[str, str]
    migrations: Mapping[str, str]
    ports: Mapping[str, int]
    """Where each simulator listens."""

    def address(self, service: str) -> str:
        """Where a service answers gRPC."""
        return f"unix:{self.home.socket(service)}"

    def addresses(self) -> dict[str, str]:
        """Where each process answers."""
        return {
            "postgres": f"unix:{Postgres(self.home).socket_directory}",
            **{name: f"127.0.0.1:{port}" for name, port in self.ports.items()},
            **{name: self.address(name) for name in SERVICES},
            GATEWAY: self.home.url,
        }

    def smsc_control(self) -> str:
        """The simulator's control socket."""
        return str(self.home.socket("smsc-control"))

    def smsc_journal(self) -> str:
        """What the simulator's handsets received."""
        return str(self.home.data / SMSC / "journal.jsonl")

    def embedded(self) -> bool:
        """Whether any database is ours to run: an operator may point every service at a server elsewhere."""
        return any(not self.inherited.get(_variable(name, "DATABASE_URL")) for name in (*SERVICES, GATEWAY))

    def database_url(self, name: str) -> str:
        """The address of a process's database, the operator's own where one is set; it holds a password."""
        role = database_name(name)
        return self.inherited.get(_variable(name, "DATABASE_URL")) or Postgres(self.home).url(role, role)

    def environment(self, name: str) -> dict[str, str]:
        """What a process is told; a variable that the operator has set stays as it is."""
        told = {MARKER: str(self.home.root), "PYTHONUNBUFFERED": "1"}
        if name in SIMULATORS:
            return {**self.inherited, **told, **self.shared(name)}
        own = {
            "DATABASE_URL": self.database_url(name),
            "LISTEN": self.address(name),
            "DATA_DIR": str(self.home.data / name),
            "TRACES": self.inherited.get("CARILLON_TRACES", "none"),
            **{f"{peer.upper()}_ADDRESS": self.address(peer) for peer in SERVICES},
        }
        if name == GATEWAY:
            own |= {
                "HOST": self.home.host,
                "PORT": str(self.home.port),
                "TOKEN_KEY": keep_key(self.home.secrets, "token-key"),
                "UPLOAD_DIR": str(self.home.data / GATEWAY),
            }
        if name == "channel":
            (platform_secret,) = self.shared(PLATFORM).values()
            own |= {
                "LINES": str(self.line_file),
                "OUT_CALL_URL": f"http://127.0.0.1:{self.ports[OUT_CALL]}",
                "PLATFORM_URL": f"http://127.0.0.1:{self.ports[PLATFORM]}",
                "PLATFORM_SECRET": platform_secret,
                "AUDITION_SECRET": keep_key(self.home.secrets, "audition-secret"),
                # This SMSC gives its receipts within seconds: where none comes, nothing was taken.
                "DOUBT_POLICY_MARKETING": "resend",
            }
            told |= {key: secret for peer in OF_CHANNEL for key, secret in self.shared(peer).items()}
        if name == "campaign":
            own["PUBLIC_URL"] = self.home.url
        if name == "reward":
            (secret,) = self.shared(RECHARGE).values()
            own |= {"RECHARGE_URL": f"http://127.0.0.1:{self.ports[RECHARGE]}", "RECHARGE_SECRET": secret}
        return {**{_variable(name, key): value for key, value in own.items()}, **self.inherited, **told}

    def shared(self, name: str) -> dict[str, str]:
        """The secret that a simulator shares with a service, under the variable that tells it; empty for none."""
        simulator = SIMULATORS[name]
        if not simulator.key_file:
            return {}
        return {simulator.variable: keep_key(self.home.secrets, simulator.key_file, length=simulator.length)}

    @property
    def line_file(self) -> Path:
        """Where svc-channel reads which lines there are."""
        return self.home.data / "channel" / "lines.json"

    def write_lines(self) -> None:
        """Writes the line file anew, for ports may have changed; no secret stands in it."""
        self.line_file.write_text(
            render_lines(self.ports, gateway_url=self.home.url, environment=self.inherited), encoding="utf-8"
        )

    def command(self, name: str, *arguments: str) -> tuple[str, ...]:
        """How a process of the suite is started; no secret stands in it."""
        return (sys.executable, "-m", self.modules[name], *arguments)

    def plan(self, postgres: Postgres, postgres_pid: int | None) -> Plan:
        """Everything the supervisor keeps running; without `postgres_pid` the databases are elsewhere."""
        processes = [] if postgres_pid is None else [self._postgres(postgres, postgres_pid)]
        processes += [self._simulator(name) for name in SIMULATORS]
        processes += [self._process(name, SERVICE_RANK, "serve") for name in SERVICES]
        processes.append(self._process(GATEWAY, GATEWAY_RANK, "serve"))
        record = str(self.home.run / RECORD_NAME)
        return Plan(record=record, processes=tuple(processes), addresses=self.addresses())

    def _process(self, name: str, rank: int, *arguments: str) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            command=self.command(name, *arguments),
            log=str(self.home.log / f"{name}.log"),
            environment=self.environment(name),
            rank=rank,
            directory=str(self.home.root),
        )

    def _simulator(self, name: str) -> ProcessSpec:
        options = {
            "--host": "127.0.0.1",
            "--port": str(self.ports[name]),
            "--journal": str(self.home.data / name / "journal.jsonl"),
            **simulator_options(name, gateway_url=self.home.url, control=self.smsc_control()),
        }
        return self._process(name, SIMULATOR_RANK, *(word for option in options.items() for word in option))

    def _postgres(self, postgres: Postgres, pid: int) -> ProcessSpec:
        account = postgres_account()
        return ProcessSpec(
            name="postgres",
            command=tuple(postgres.command()),
            log=str(postgres.log),
            environment=ENVIRONMENT,
            rank=POSTGRES_RANK,
            directory=str(self.home.postgres),
            user=account.user,
            group=account.group,
            # SIGINT is PostgreSQL's fast shutdown: it rolls back what is open and writes a checkpoint.
            stop_signal=int(signal.SIGINT),
            stop_seconds=STOP_TIMEOUT_SECONDS,
            adopt=pid,
        )


# The suite as it is delivered.
MODULES = {
    **{name: f"svc_{name}" for name in SERVICES},
    GATEWAY: "carillon_gateway",
    **{name: f"svc_channel.simulators.{name}" for name in SIMULATORS},
}
MIGRATIONS = {name: f"{MODULES[name]}.migrations" for name in WITH_DATABASE}


def read_layout(environment: Mapping[str, str]) -> Layout:
    """The suite of this call's environment; where one is up already, with the addresses that it was started on."""
    home = read_home(environment)
    record = current_record(home)
    if record is None:
        return Layout(
            home=home,
            inherited=environment,
            modules=MODULES,
            migrations=MIGRATIONS,
            ports=_free_ports(environment),
        )
    host, port = record.addresses[GATEWAY].removeprefix("http://").rsplit(":", 1)
    home = replace(home, host=host, port=int(port))
    return Layout(
        home=home,
        inherited=environment,
        modules=MODULES,
        migrations=MIGRATIONS,
        # A suite that an older version started runs without some of them.
        ports={
            name: _recorded_port(record.addresses.get(name, f":{simulator.port}"))
            for name, simulator in SIMULATORS.items()
        },
    )


def _free_ports(environment: Mapping[str, str]) -> dict[str, int]:
    """A port for each simulator: its own, or the one of ``CARILLON_<NAME>_PORT``, or any free one where that is taken."""
    return {
        name: free_port("127.0.0.1", int(environment.get(f"CARILLON_{name.upper()}_PORT", simulator.port)))
        for name, simulator in SIMULATORS.items()
    }


def _recorded_port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


def _variable(service: str, key: str) -> str:
    return f"CARILLON_{service.upper()}_{key}"
