"""Brings the suite up and down on one machine, from whatever state it finds; what runs in it is the layout's matter."""

import asyncio
import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from carillon_deploy.errors import CommandError
from carillon_deploy.home import Home
from carillon_deploy.runner.credentials import issue_credentials
from carillon_deploy.runner.databases import SERVICES, WITH_DATABASE, make_databases
from carillon_deploy.runner.health import gateway_healthy, port_free, port_open, service_healthy
from carillon_deploy.runner.layout import GATEWAY, Layout
from carillon_deploy.runner.logs import failure, open_log
from carillon_deploy.runner.postgres import Postgres
from carillon_deploy.runner.simulators import SIMULATORS
from carillon_deploy.runner.supervision import MARKER, current_record, start_supervisor, stop_supervisor, sweep
from carillon_deploy.runner.tables import Task, render_task

MIGRATE_TIMEOUT_SECONDS = 120.0
# A dozen Python processes import their libraries at the same time on two cores, some of them slower than these.
HEALTH_TIMEOUT_SECONDS = 90.0
# Who restarts that often while the suite starts will not get well by waiting.
HOPELESS_RESTARTS = 4
LOCK_TIMEOUT_SECONDS = 120.0
_POLL_SECONDS = 0.1

Report = Callable[[str], None]


class SuiteError(CommandError):
    """The suite could not be brought up or down; the text says why and which log to read."""


def bring_up(layout: Layout, report: Report) -> None:
    """Starts everything and returns when all of it is healthy; a suite that is up stays as it is."""
    home = layout.home
    home.prepare()
    with only_one(home):
        if current_record(home) is not None:
            report(f"the suite is already up; state in {home.root}")
        else:
            for ended in sweep(home):
                report(f"ended {ended}, left by a suite that was killed")
            _refuse_taken_port(home)
            _start_or_stop(layout, report)
            return
        _await_health(layout, report)


def _start_or_stop(layout: Layout, report: Report) -> None:
    """Starts everything, and leaves nothing running when that fails."""
    try:
        _start(layout, report)
        _await_health(layout, report)
    except BaseException:
        _stop(layout.home)
        raise


def bring_down(home: Home, report: Report) -> None:
    """Stops everything, PostgreSQL last and cleanly; a suite that is down stays as it is."""
    if not home.root.exists():
        report(f"nothing to stop: {home.root} does not exist")
        return
    with only_one(home):
        report("the suite is down" if _stop(home) else "nothing was running")


def _stop(home: Home) -> bool:
    """Stops the supervisor with all it keeps, then what a killed one left; tells whether anything ran."""
    running = stop_supervisor(home)
    ended = sweep(home)
    return Postgres(home).stop() or running or bool(ended)


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Keeps a second `up` or `down` of the same home waiting, and gives up when the first one hangs."""
    home.root.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    with (home.root / ".lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    msg = f"another carillon command has held {lock.name} for {LOCK_TIMEOUT_SECONDS:.0f} s"
                    raise SuiteError(msg) from None
                time.sleep(_POLL_SECONDS)
        yield


def _refuse_taken_port(home: Home) -> None:
    if not port_free(home.host, home.port):
        msg = f"port {home.port} of {home.host} is taken by another program; set CARILLON_PORT to a free one"
        raise SuiteError(msg)


def _start(layout: Layout, report: Report) -> None:
    """PostgreSQL, databases, credentials, tables, and then the supervisor with all processes."""
    home, postgres = layout.home, Postgres(layout.home)
    for name in (*WITH_DATABASE, *SIMULATORS):
        (home.data / name).mkdir(mode=0o700, exist_ok=True)
    layout.write_lines()
    pid = None
    if layout.embedded():
        began = time.monotonic()
        for directory in postgres.prepare():
            report(f"let other accounts pass through {directory}, since PostgreSQL does not run as root")
        pid = postgres.start().pid
        made = asyncio.run(make_databases(postgres))
        report(_line("postgres", f"ready, {len(made)} databases made", began))
    began = time.monotonic()
    issue_credentials(home.credentials)
    _migrate(layout)
    report(_line("migrations", "done", began))
    start_supervisor(home, layout.plan(postgres, pid))


def _migrate(layout: Layout) -> None:
    """Brings every database to the newest tables and the gateway's clients to the credentials file."""
    urls = {name: layout.database_url(name) for name in layout.migrations}
    credentials = str(layout.home.credentials)
    task = Task(packages=dict(layout.migrations), urls=urls, gateway=GATEWAY, credentials=credentials)
    path = layout.home.log / "migrations.log"
    with open_log(path) as log:
        try:
            code = subprocess.run(
                [sys.executable, "-m", "carillon_deploy.runner.tables"],
                input=render_task(task).encode(),
                stdout=log,
                stderr=log,
                env={**layout.inherited, MARKER: str(layout.home.root)},
                cwd=layout.home.root,
                timeout=MIGRATE_TIMEOUT_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise SuiteError(failure("the migrations hang", [path])) from error
    if code != 0:
        raise SuiteError(failure(f"the migrations ended with {code}", [path]))


def _await_health(layout: Layout, report: Report) -> None:
    """Waits until all processes are well, with a line each; names the log of the one that is not."""
    began = time.monotonic()
    waiting = [*SIMULATORS, *SERVICES, GATEWAY]
    while waiting:
        for name in [name for name in waiting if healthy(layout, name)]:
            waiting.remove(name)
            report(_line(name, "healthy", began))
        if waiting:
            _give_up_when_hopeless(layout, waiting, began)
            time.sleep(_POLL_SECONDS)


def healthy(layout: Layout, name: str) -> bool:
    """Whether one process of the suite is well now."""
    if name == GATEWAY:
        return gateway_healthy(layout.home.url)
    if name in SIMULATORS:
        return port_open("127.0.0.1", layout.ports[name])
    return service_healthy(layout.home.socket(name))


def _give_up_when_hopeless(layout: Layout, waiting: list[str], began: float) -> None:
    record = current_record(layout.home)
    if record is None:
        raise SuiteError(failure("the supervisor ended", [layout.home.log / "supervisor.log"]))
    dying = [
        name for name in waiting if name in record.processes and record.processes[name].restarts >= HOPELESS_RESTARTS
    ]
    waited = time.monotonic() - began
    if dying or waited > HEALTH_TIMEOUT_SECONDS:
        what = f"{', '.join(dying)} keeps ending" if dying else f"{', '.join(waiting)} not healthy after {waited:.0f} s"
        raise SuiteError(failure(what, [layout.home.log / f"{name}.log" for name in dying or waiting]))


def _line(name: str, text: str, began: float) -> str:
    return f"{name:<11} {text}  {time.monotonic() - began:5.1f} s"
