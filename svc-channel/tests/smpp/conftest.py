"""The simulator as a process of its own, and links bound to it."""

import dataclasses
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from svc_channel.adapters.smpp_link import LinkSettings, SmppLink
from svc_channel.simulators.smsc.process import SmscProcess

StartSmsc = Callable[..., Awaitable[SmscProcess]]


@pytest.fixture
async def start_smsc() -> AsyncIterator[StartSmsc]:
    """Starts simulators with options; each is stopped at the test's end."""
    started: list[SmscProcess] = []
    # A unix socket's path holds about 100 characters; pytest's own folders may be longer.
    with tempfile.TemporaryDirectory(prefix="smsc-") as folder:

        async def start(*options: str) -> SmscProcess:
            place = Path(folder) / str(len(started))
            place.mkdir()
            smsc = SmscProcess(place, password="secret", options=options)
            await smsc.start()
            started.append(smsc)
            return smsc

        yield start
        for smsc in started:
            await smsc.stop()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[SmppLink[int]]]]:
    """Binds links to a simulator, with changed settings where named; each is unbound at the test's end."""
    links: list[SmppLink[int]] = []

    async def bind(smsc: SmscProcess, first_sequence: int = 1, **changes: Any) -> SmppLink[int]:
        settings = LinkSettings(host=smsc.host, port=smsc.port, system_id=smsc.system_id, password=smsc.password)
        link: SmppLink[int] = await SmppLink.connect(
            dataclasses.replace(settings, **changes), first_sequence=first_sequence
        )
        links.append(link)
        return link

    yield bind
    for link in links:
        await link.unbind(drain_seconds=0.5)
