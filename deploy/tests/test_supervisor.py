"""The supervisor over real processes: it restarts, backs off, stops in order, and survives what it should."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from carillon_deploy.home import Home
from carillon_deploy.runner.plan import Plan, ProcessSpec, SuiteRecord
from carillon_deploy.runner.supervision import (
    MARKER,
    RECORD_NAME,
    current_record,
    find_process,
    leftovers,
    start_supervisor,
    stop_supervisor,
    sweep,
)

WAIT_SECONDS = 15.0
SLEEPER = "import time\nwhile True: time.sleep(0.05)"
# Notes when it is asked to stop, and obeys.
NOTER = """
import signal, sys, time
def leave(number, frame):
    open(sys.argv[1], "a").write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
open(sys.argv[1] + "." + sys.argv[2], "w").close()
while True: time.sleep(0.02)
"""
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(0.05)"


@pytest.fixture
def prepared(home: Home) -> Iterator[Home]:
    home.prepare()
    yield home
    stop_supervisor(home)
    sweep(home)


def spec(home: Home, name: str, code: str, *arguments: str, rank: int = 1, stop_seconds: float = 5.0) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-c", code, *arguments),
        log=str(home.log / f"{name}.log"),
        environment={**os.environ, MARKER: str(home.root)},
        rank=rank,
        stop_seconds=stop_seconds,
    )


def plan(home: Home, *specs: ProcessSpec) -> Plan:
    return Plan(record=str(home.run / RECORD_NAME), processes=specs, addresses={"a": "unix:/a.sock"})


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not ready():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def record_of(home: Home) -> SuiteRecord:
    record = current_record(home)
    assert record is not None
    return record


def restarts_of(home: Home, name: str) -> int:
    """How often a process was started again; -1 while it is down."""
    record = record_of(home).processes.get(name)
    return -1 if record is None else record.restarts


def test_a_killed_child_is_started_again(prepared: Home) -> None:
    start_supervisor(prepared, plan(prepared, spec(prepared, "child", SLEEPER)))
    first = record_of(prepared).processes["child"]

    os.kill(first.pid, signal.SIGKILL)
    until(lambda: restarts_of(prepared, "child") == 1)

    second = record_of(prepared).processes["child"]
    assert second.pid != first.pid
    assert find_process(second.pid, second.created) is not None
    assert "child ended (code -9)" in (prepared.log / "supervisor.log").read_text()


def test_a_child_that_keeps_dying_is_tried_ever_more_rarely(prepared: Home) -> None:
    start_supervisor(prepared, plan(prepared, spec(prepared, "child", "raise SystemExit(3)")))

    until(lambda: (prepared.log / "supervisor.log").read_text().count("child ended") >= 3)

    text = (prepared.log / "supervisor.log").read_text()
    assert "in 0.2 s" in text
    assert "in 0.4 s" in text
    assert "in 0.8 s" in text


def test_a_process_that_ran_before_is_watched_and_started_once_it_is_gone(prepared: Home) -> None:
    before = psutil.Popen([sys.executable, "-c", SLEEPER], env={**os.environ, MARKER: str(prepared.root)})
    adopted = replace(spec(prepared, "adopted", SLEEPER), adopt=before.pid)
    start_supervisor(prepared, plan(prepared, adopted))
    assert record_of(prepared).processes["adopted"].pid == before.pid

    before.kill()
    before.wait()

    until(lambda: restarts_of(prepared, "adopted") == 1)


def test_all_stop_in_order_and_the_record_goes(prepared: Home, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    specs = [spec(prepared, name, NOTER, str(notes), name, rank=rank) for rank, name in enumerate("cba", start=1)]
    start_supervisor(prepared, plan(prepared, *specs))
    until(lambda: all((tmp_path / f"notes.{name}").exists() for name in "abc"))

    assert stop_supervisor(prepared)

    assert notes.read_text().split() == ["a", "b", "c"]
    assert current_record(prepared) is None
    assert not (prepared.run / RECORD_NAME).exists()
    assert leftovers(prepared) == []


def test_who_does_not_stop_in_time_is_killed(prepared: Home) -> None:
    start_supervisor(prepared, plan(prepared, spec(prepared, "deaf", DEAF, stop_seconds=0.5)))
    time.sleep(0.5)
    began = time.monotonic()

    stop_supervisor(prepared)

    assert time.monotonic() - began < 5
    assert leftovers(prepared) == []
    assert "deaf did not stop" in (prepared.log / "supervisor.log").read_text()


def test_what_a_killed_supervisor_left_is_found_without_its_record(prepared: Home) -> None:
    start_supervisor(prepared, plan(prepared, spec(prepared, "one", SLEEPER), spec(prepared, "two", SLEEPER)))
    os.kill(record_of(prepared).supervisor.pid, signal.SIGKILL)
    (prepared.run / RECORD_NAME).unlink()
    until(lambda: len(leftovers(prepared)) == 2)

    assert len(sweep(prepared)) == 2
    assert leftovers(prepared) == []


def test_a_record_of_another_process_with_the_same_pid_is_not_believed(prepared: Home) -> None:
    own = psutil.Process()

    assert find_process(own.pid, own.create_time()) is not None
    assert find_process(own.pid, own.create_time() - 60) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"supervisor": {}}', '{"processes": {}, "supervisor": {"pid": "x"}}'])
def test_a_broken_record_is_no_record(prepared: Home, text: str) -> None:
    (prepared.run / RECORD_NAME).write_text(text)

    assert current_record(prepared) is None


def test_secrets_of_a_process_are_neither_in_its_command_nor_in_the_record(prepared: Home) -> None:
    secret = "s3cret-of-the-test"
    told = spec(prepared, "child", SLEEPER)
    told = replace(told, environment={**told.environment, "SECRET": secret})
    start_supervisor(prepared, plan(prepared, told))

    assert secret not in (prepared.run / RECORD_NAME).read_text()
    for process in leftovers(prepared):
        assert secret not in " ".join(process.cmdline())
