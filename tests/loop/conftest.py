"""What the loops share: an edge before svc-catalog and svc-reward, and the whole house."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from carillon_chassis.testing.plugin import MakeDatabase
from svc_channel.simulators.smsc.process import SmscProcess

from .campaigning import PASSWORD, connected_house
from .edge import Edge, open_edge
from .house import House, open_house


@pytest.fixture
async def edge(make_database: MakeDatabase) -> AsyncIterator[Edge]:
    """A client for each role, and the ledger behind."""
    async with open_edge(make_database) as opened:
        yield opened


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    """All five services behind the gateway."""
    async with open_house(make_database) as opened:
        yield opened


@pytest.fixture
async def smsc(tmp_path: Path) -> AsyncIterator[SmscProcess]:
    """An SMSC of its own."""
    simulator = SmscProcess(tmp_path, password=PASSWORD)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def connected(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, smsc: SmscProcess
) -> AsyncIterator[House]:
    """The whole house with the SMSC on its line, and three subscribers."""
    async with connected_house(make_database, monkeypatch, tmp_path, smsc) as opened:
        yield opened
