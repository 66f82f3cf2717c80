"""Keeps the processes of a plan running: restarts dead ones, stops all in order; it knows nothing of what they do.

Run as `python -m carillon_deploy.runner.supervisor` with the plan on standard input; SIGTERM stops everything.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from carillon_deploy.runner.account import Account
from carillon_deploy.runner.keys import write_private
from carillon_deploy.runner.logs import open_log
from carillon_deploy.runner.plan import (
    Plan,
    ProcessRecord,
    ProcessSpec,
    SuiteRecord,
    in_stop_order,
    parse_plan,
    render_record,
)

# A first death is mended at once; a process that keeps dying is tried ever more rarely, but is never given up.
FIRST_BACKOFF_SECONDS = 0.2
BACKOFF_LIMIT_SECONDS = 10.0
# Who ran this long had started well: the next death counts as a first one.
STEADY_SECONDS = 30.0
POLL_SECONDS = 0.1
KILL_SECONDS = 5.0


@dataclass(slots=True)
class Kept:
    """One process under the supervisor's care."""

    spec: ProcessSpec
    process: psutil.Process | None = None
    created: float = 0.0
    started_at: float = 0.0
    restarts: int = 0
    backoff_seconds: float = FIRST_BACKOFF_SECONDS
    due_at: float = 0.0
    announced: bool = False

    def alive(self) -> bool:
        """Whether the process runs; a dead child is reaped by asking."""
        if self.process is None:
            return False
        if isinstance(self.process, psutil.Popen):
            return self.process.poll() is None
        return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE

    def record(self) -> ProcessRecord | None:
        """What the record says of it, nothing while it is down."""
        if self.process is None:
            return None
        return ProcessRecord(pid=self.process.pid, created=self.created, restarts=self.restarts)


class Supervisor:
    """Runs a plan until it is told to stop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._kept = {spec.name: Kept(spec) for spec in plan.processes}
        self._stopping = False
        self._self = psutil.Process()

    def request_stop(self, number: int, frame: object) -> None:
        """The signal handler: the loop stops everything at its next turn."""
        del number, frame
        self._stopping = True

    def run(self) -> None:
        """Starts all, watches them, and stops all in order once told to."""
        for kept in self._kept.values():
            self._begin(kept)
        self._write_record()
        while not self._stopping:
            changed = [self._tend(kept) for kept in self._kept.values()]
            if any(changed):
                self._write_record()
            time.sleep(POLL_SECONDS)
        for group in in_stop_order(self._plan.processes):
            self._stop([self._kept[spec.name] for spec in group])
        Path(self._plan.record).unlink(missing_ok=True)
        _say("all stopped")

    def _begin(self, kept: Kept) -> None:
        """Takes over a process that runs already, else starts it."""
        if kept.spec.adopt is not None and psutil.pid_exists(kept.spec.adopt):
            kept.process = psutil.Process(kept.spec.adopt)
            kept.created = kept.process.create_time()
            kept.started_at = time.monotonic()
            return
        self._start(kept)

    def _start(self, kept: Kept) -> None:
        """Starts the process in a session of its own, so a terminal's Ctrl-C does not reach it."""
        spec = kept.spec
        account = Account(user=spec.user, group=spec.group)
        with open_log(Path(spec.log)) as log:
            kept.process = psutil.Popen(
                spec.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=spec.environment,
                cwd=spec.directory,
                start_new_session=True,
                **account.options(),
            )
        kept.created = kept.process.create_time()
        kept.started_at = time.monotonic()
        kept.announced = False

    def _tend(self, kept: Kept) -> bool:
        """Notices a death and mends it when its time has come; tells whether the record changed."""
        if kept.alive():
            return False
        now = time.monotonic()
        if not kept.announced:
            steady = now - kept.started_at >= STEADY_SECONDS
            kept.backoff_seconds = FIRST_BACKOFF_SECONDS if steady else kept.backoff_seconds
            kept.due_at = now + kept.backoff_seconds
            kept.announced = True
            _say(f"{kept.spec.name} ended ({_ending(kept.process)}); starting it again in {kept.backoff_seconds:.1f} s")
            kept.process = None
            return True
        if now < kept.due_at:
            return False
        kept.restarts += 1
        kept.backoff_seconds = min(kept.backoff_seconds * 2, BACKOFF_LIMIT_SECONDS)
        try:
            self._start(kept)
        except OSError as error:
            kept.due_at = now + kept.backoff_seconds
            _say(f"{kept.spec.name} cannot be started: {error}")
            return False
        return True

    def _stop(self, group: list[Kept]) -> None:
        """Asks a group to stop, waits within its bound, and kills what stays."""
        asked = [kept for kept in group if kept.process is not None and kept.alive()]
        for kept in asked:
            _signal(kept.process, kept.spec.stop_signal)
        deadline = time.monotonic() + max((kept.spec.stop_seconds for kept in asked), default=0.0)
        while any(kept.alive() for kept in asked) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS / 2)
        for kept in asked:
            if kept.alive():
                _say(f"{kept.spec.name} did not stop in {kept.spec.stop_seconds:.0f} s and is killed")
                _signal(kept.process, signal.SIGKILL)
        deadline = time.monotonic() + KILL_SECONDS
        while any(kept.alive() for kept in asked) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS / 2)

    def _write_record(self) -> None:
        """Writes who runs, whole or not at all."""
        own = ProcessRecord(pid=self._self.pid, created=self._self.create_time())
        records = {name: known for name, kept in self._kept.items() if (known := kept.record()) is not None}
        suite = SuiteRecord(supervisor=own, processes=records, addresses=self._plan.addresses)
        write_private(Path(self._plan.record), render_record(suite))


def _signal(process: psutil.Process | None, number: int) -> None:
    """Sends a signal to a process that may just have ended."""
    try:
        if process is not None:
            process.send_signal(number)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return


def _ending(process: psutil.Process | None) -> str:
    """How a process ended, as far as it can be known."""
    code = process.returncode if isinstance(process, psutil.Popen) else None
    return f"code {code}" if code is not None else "watched only, so its code is not known"


def _say(text: str) -> None:
    """One line in the supervisor's own log."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stdout.write(f"{stamp} {text}\n")
    sys.stdout.flush()


def main() -> None:
    """Reads the plan from standard input and runs it."""
    # Sockets and files that the services make are nobody else's: their callers say who they are without proof.
    os.umask(0o077)
    supervisor = Supervisor(parse_plan(sys.stdin.read()))
    signal.signal(signal.SIGTERM, supervisor.request_stop)
    signal.signal(signal.SIGINT, supervisor.request_stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    supervisor.run()


if __name__ == "__main__":
    main()
