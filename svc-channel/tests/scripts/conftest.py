"""What the tests of scripts share: a real database, real gRPC, and the services that know customers stood in for."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import svc_channel.migrations
from carillon_chassis.testing.plugin import MakeDatabase, Serving
from svc_channel.main import build
from svc_channel.settings import Settings

from .prompter import Prompter
from .script_peers import serve_peers


@pytest.fixture
async def prompter(make_database: MakeDatabase, serving: Serving) -> AsyncIterator[Prompter]:
    """The service without its workers, and its peers."""
    database = await make_database(svc_channel.migrations.__path__[0])
    with tempfile.TemporaryDirectory(prefix="cts") as folder:
        async with serve_peers(Path(folder)) as peers:
            settings = Settings(
                database_url=database.url,
                listen="unix:unused",
                data_dir=Path(folder),
                segment_address=peers.address,
                catalog_address=peers.address,
                smsc_port=1,
                smsc_system_id="test",
                smsc_password="test-pw",
            )
            service = build(settings)
            async with serving(service, with_workers=False) as channel:
                yield Prompter(channel=channel, peers=peers)
            await service.database.close()
