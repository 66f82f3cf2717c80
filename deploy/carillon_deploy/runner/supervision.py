"""The supervisor as the commands see it: started, found, stopped, and what a killed one left behind; it runs no loop."""

import os
import signal
import subprocess
import sys
import time

import psutil

from carillon_deploy.errors import CommandError
from carillon_deploy.home import Home
from carillon_deploy.runner.logs import failure, open_log
from carillon_deploy.runner.plan import Plan, SuiteRecord, read_record, render_plan

# Every process of a suite carries its home in this variable, so it is found whatever became of var/.
MARKER = "CARILLON_SUPERVISED_HOME"
RECORD_NAME = "suite.json"
START_TIMEOUT_SECONDS = 15.0
# The supervisor stops four groups in order, each within 15 s (PostgreSQL 30 s) and five more for the hard way.
STOP_TIMEOUT_SECONDS = 100.0
LEFTOVER_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.05


class SupervisionError(CommandError):
    """The supervisor could not be started or stopped; the text names its log."""


def current_record(home: Home) -> SuiteRecord | None:
    """What the running supervisor wrote, or nothing when none runs."""
    record = read_record(home.run / RECORD_NAME)
    if record is None:
        return None
    return record if find_process(record.supervisor.pid, record.supervisor.created) is not None else None


def find_process(pid: int, created: float) -> psutil.Process | None:
    """The process of that pid when it is still the one that was started then."""
    try:
        process = psutil.Process(pid)
        # A process's start is counted in hundredths of a second.
        same = abs(process.create_time() - created) < 0.02  # noqa: PLR2004 - said above
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def start_supervisor(home: Home, plan: Plan) -> None:
    """Starts the supervisor in the background and waits for its first record."""
    path = home.log / "supervisor.log"
    with open_log(path) as log:
        process = psutil.Popen(
            [sys.executable, "-m", "carillon_deploy.runner.supervisor"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, MARKER: str(home.root)},
            cwd=home.root,
            start_new_session=True,
        )
        process.stdin.write(render_plan(plan).encode())
        process.stdin.close()
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if current_record(home) is not None:
            return
        if process.poll() is not None:
            break
        time.sleep(_POLL_SECONDS)
    raise SupervisionError(failure("the supervisor did not start", [path]))


def stop_supervisor(home: Home) -> bool:
    """Asks a running supervisor to stop all in order and waits for it; tells whether one ran."""
    record = current_record(home)
    if record is None:
        return False
    process = find_process(record.supervisor.pid, record.supervisor.created)
    if process is None:
        return False
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except psutil.TimeoutExpired as error:
        text = f"the supervisor, process {process.pid}, does not stop"
        raise SupervisionError(failure(text, [home.log / "supervisor.log"])) from error
    return True


def leftovers(home: Home) -> list[psutil.Process]:
    """Processes of this suite that run now, the supervisor first, by the mark in their environment."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        try:
            mine = process.environ().get(MARKER) == str(home.root)
        except psutil.Error:
            continue
        if mine and process.pid != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return sorted(found, key=lambda process: "carillon_deploy.runner.supervisor" not in (process.info["cmdline"] or ()))


def sweep(home: Home) -> list[str]:
    """Ends what a killed supervisor left running, and its record; tells what was ended."""
    left = leftovers(home)
    names = [f"process {process.pid} ({' '.join(process.info['cmdline'] or [])[:80]})" for process in left]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in left:
            if process.is_running():
                _send(process, number)
        _, left = psutil.wait_procs(left, LEFTOVER_TIMEOUT_SECONDS)
    if home.run.exists():
        (home.run / RECORD_NAME).unlink(missing_ok=True)
    return names


def _send(process: psutil.Process, number: int) -> None:
    """Sends a signal to a process that may just have ended."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
