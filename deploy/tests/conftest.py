"""Homes and small stand-in processes for the runner's tests; nothing here touches a real service."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from carillon_deploy.home import Home, read_home
from carillon_deploy.runner.layout import MODULES, Layout, read_layout
from carillon_deploy.runner.simulators import SIMULATORS
from carillon_deploy.runner.suite import bring_down

FAKES = Path(__file__).parent / "fakes"


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short directory that PostgreSQL's account may pass; pytest's own are closed to it when root runs the tests."""
    made = Path(tempfile.mkdtemp(prefix="cd"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARILLON_")}
    return {
        **kept,
        "CARILLON_HOME": str(folder / "var"),
        "CARILLON_PORT": str(unused_port()),
        **{f"CARILLON_{name.upper()}_PORT": str(unused_port()) for name in SIMULATORS},
        "PYTHONPATH": str(FAKES),
    }


@pytest.fixture
def home(environment: dict[str, str]) -> Home:
    return read_home(environment)


@pytest.fixture
def layout(environment: dict[str, str]) -> Iterator[Layout]:
    """A suite whose processes are all stand-ins, on a real PostgreSQL; stopped when the test ends."""
    made = replace(read_layout(environment), modules=dict.fromkeys(MODULES, "fake_process"), migrations={})
    yield made
    bring_down(made.home, lambda _line: None)
