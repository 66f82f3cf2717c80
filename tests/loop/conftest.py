"""What the loops share: an edge before svc-catalog and svc-reward, and the whole house."""

from collections.abc import AsyncIterator

import pytest

from carillon_chassis.testing.plugin import MakeDatabase

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
