"""Up, down and status of a whole suite of stand-ins on a real PostgreSQL, from the states that machines leave."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from carillon_deploy.home import Home, read_home
from carillon_deploy.runner.databases import WITH_DATABASE, database_name, make_databases
from carillon_deploy.runner.layout import Layout, read_layout
from carillon_deploy.runner.postgres import Postgres
from carillon_deploy.runner.simulators import SIMULATORS
from carillon_deploy.runner.status import read_status
from carillon_deploy.runner.suite import SuiteError, bring_down, bring_up
from carillon_deploy.runner.supervision import current_record, leftovers

WAIT_SECONDS = 20.0
NAMES = ["supervisor", "postgres", *SIMULATORS, "catalog", "segment", "campaign", "reward", "channel", "gateway"]


def quiet(line: str) -> None:
    del line


def health(layout: Layout) -> dict[str, str]:
    return {line.name: line.health for line in read_status(layout)}


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not ready():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def nothing_runs(home: Home) -> bool:
    return not leftovers(home) and Postgres(home).process() is None


def test_everything_is_healthy_when_up_returns_and_gone_when_down_returns(layout: Layout) -> None:
    told: list[str] = []
    bring_up(layout, told.append)

    assert health(layout) == dict.fromkeys(NAMES, "healthy")
    assert {line.split()[0] for line in told} >= {"postgres", "migrations", *NAMES[2:]}

    bring_down(layout.home, quiet)
    assert health(layout) == dict.fromkeys(NAMES, "down")
    assert nothing_runs(layout.home)
    assert "database system is shut down" in Postgres(layout.home).log.read_text()


def test_up_twice_and_down_twice_change_nothing(layout: Layout) -> None:
    bring_up(layout, quiet)
    before = current_record(layout.home)
    told: list[str] = []
    bring_up(layout, told.append)

    assert current_record(layout.home) == before
    assert "already up" in told[0]

    bring_down(layout.home, quiet)
    bring_down(layout.home, told.append)
    assert told[-1] == "nothing was running"


def test_down_before_anything_was_ever_up_says_so(environment: dict[str, str]) -> None:
    told: list[str] = []

    bring_down(read_home(environment), told.append)

    assert "does not exist" in told[0]


def test_what_was_stored_is_there_after_down_and_up(layout: Layout) -> None:
    bring_up(layout, quiet)
    credentials = layout.home.credentials.read_text()
    bring_down(layout.home, quiet)
    bring_up(layout, quiet)

    assert layout.home.credentials.read_text() == credentials
    assert health(layout)["postgres"] == "healthy"


def test_a_killed_service_and_a_killed_postgres_come_back(layout: Layout) -> None:
    bring_up(layout, quiet)
    record = current_record(layout.home)
    assert record is not None

    for name in ("reward", "smsc", "postgres"):
        os.kill(record.processes[name].pid, signal.SIGKILL)

    until(lambda: set(health(layout).values()) == {"healthy"} and _restarts(layout) >= 3)


@pytest.mark.parametrize("deleted", [(), ("run", "secrets/token-key")])
def test_up_and_down_cope_with_a_suite_whose_supervisor_was_killed(layout: Layout, deleted: tuple[str, ...]) -> None:
    bring_up(layout, quiet)
    record = current_record(layout.home)
    assert record is not None
    os.kill(record.supervisor.pid, signal.SIGKILL)
    for name in deleted:
        path = layout.home.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    until(lambda: current_record(layout.home) is None)
    told: list[str] = []

    if "run" in deleted:
        # PostgreSQL's socket went with the directory; down still ends it, and up starts it anew.
        bring_down(layout.home, quiet)
        assert nothing_runs(layout.home)
    bring_up(layout, told.append)

    assert health(layout) == dict.fromkeys(NAMES, "healthy")
    if not deleted:
        assert any("left by a suite that was killed" in line for line in told)


def test_down_ends_everything_even_when_var_was_deleted_under_it(layout: Layout) -> None:
    bring_up(layout, quiet)
    shutil.rmtree(layout.home.root)
    layout.home.root.mkdir()

    bring_down(layout.home, quiet)

    assert nothing_runs(layout.home)


def test_a_stale_pid_file_of_postgres_is_seen_through(layout: Layout) -> None:
    bring_up(layout, quiet)
    server = Postgres(layout.home).process()
    record = current_record(layout.home)
    assert server is not None
    assert record is not None
    os.kill(record.supervisor.pid, signal.SIGKILL)
    server.kill()
    until(lambda: Postgres(layout.home).process() is None)
    assert Postgres(layout.home).pid_file.exists()

    bring_up(layout, quiet)

    assert health(layout)["postgres"] == "healthy"


def test_a_half_made_home_is_finished(layout: Layout) -> None:
    layout.home.prepare()
    half = layout.home.postgres / "made"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (layout.home.run / "suite.json").write_text('{"supervisor": {"pid": 1')

    bring_up(layout, quiet)

    assert health(layout)["postgres"] == "healthy"
    assert not half.exists()


def test_a_taken_port_is_told_with_the_variable_that_moves_it(layout: Layout) -> None:
    with socket.create_server(("127.0.0.1", layout.home.port)), pytest.raises(SuiteError, match="CARILLON_PORT"):
        bring_up(layout, quiet)

    assert nothing_runs(layout.home)


def test_a_service_that_cannot_start_is_told_with_its_log_and_nothing_stays_up(layout: Layout) -> None:
    broken = replace(layout, modules={**layout.modules, "reward": "no_such_module"})

    with pytest.raises(SuiteError) as refused:
        bring_up(broken, quiet)

    assert "reward" in str(refused.value)
    assert str(layout.home.log / "reward.log") in str(refused.value)
    assert "No module named no_such_module" in str(refused.value)
    assert nothing_runs(layout.home)


def test_tables_that_cannot_be_made_are_told_with_their_log(layout: Layout) -> None:
    broken = replace(layout, migrations={"reward": "no_such_package"})

    with pytest.raises(SuiteError, match="the migrations ended with 1") as refused:
        bring_up(broken, quiet)

    assert "No module named 'no_such_package'" in str(refused.value)
    assert nothing_runs(layout.home)


async def test_each_service_reaches_its_own_database_alone_and_is_no_superuser(home: Home) -> None:
    home.prepare()
    postgres = Postgres(home)
    postgres.prepare()
    postgres.start()
    try:
        made = await make_databases(postgres)
        assert made == [database_name(service) for service in WITH_DATABASE]
        assert await make_databases(postgres) == []
        own = await asyncpg.connect(postgres.url("carillon_reward", "carillon_reward"))
        assert await own.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert await own.fetchval("SHOW synchronous_commit") == "on"
        assert await own.fetchval("SHOW fsync") == "on"
        await own.close()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(postgres.url("carillon_reward", "carillon_campaign"))
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://postgres:wrong@/postgres?host={postgres.socket_directory}")
    finally:
        postgres.stop()


def test_a_home_deeper_than_a_socket_path_comes_up_too(
    environment: dict[str, str], layout: Layout, folder: Path
) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    there = replace(read_layout({**environment, "CARILLON_HOME": str(deep)}), modules=layout.modules, migrations={})
    try:
        bring_up(there, quiet)
        assert health(there) == dict.fromkeys(NAMES, "healthy")
        assert there.home.run.is_symlink()
    finally:
        bring_down(there.home, quiet)
        shutil.rmtree(there.home.sockets, ignore_errors=True)


def test_the_command_line_tells_the_truth_of_a_suite_that_is_down(environment: dict[str, str]) -> None:
    status = carillon(environment, "status", "--json")
    credentials = carillon(environment, "credentials")

    assert status.returncode == 1
    assert {line["health"] for line in json.loads(status.stdout)} == {"down"}
    assert credentials.returncode == 1
    assert "carillon up makes it" in credentials.stderr
    assert "Traceback" not in credentials.stderr


def carillon(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "carillon_deploy", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own command


def _restarts(layout: Layout) -> int:
    return sum(line.restarts for line in read_status(layout))
