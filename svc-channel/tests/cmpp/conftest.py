"""The ISMG simulator as a process of its own, a scripted ISMG that misbehaves on demand, and links connected to them."""

import dataclasses
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.cmpp_values import CmppSettings
from svc_channel.simulators.ismg.process import IsmgProcess

from .ismg import SECRET, SOURCE, V3, Answer, ScriptedIsmg, healthy


def now() -> datetime:
    """A January morning in Beijing, whose ten digits begin with a zero."""
    return datetime(2026, 1, 5, 22, 30, tzinfo=UTC)


def settings_for(port: int, **changes: Any) -> CmppSettings:
    """Settings of a link that is known."""
    settings = CmppSettings(host="127.0.0.1", port=port, source=SOURCE, secret=SECRET)
    return dataclasses.replace(settings, **changes)


@pytest.fixture
async def start_ismg() -> AsyncIterator[Callable[..., Awaitable[IsmgProcess]]]:
    """Starts simulators with options; each is stopped at the test's end."""
    started: list[IsmgProcess] = []
    # A unix socket's path holds about 100 characters; pytest's own folders may be longer.
    with tempfile.TemporaryDirectory(prefix="ismg-") as folder:

        async def start(*options: str) -> IsmgProcess:
            place = Path(folder) / str(len(started))
            place.mkdir()
            ismg = IsmgProcess(place, secret=SECRET, source=SOURCE, options=options)
            await ismg.start()
            started.append(ismg)
            return ismg

        yield start
        for ismg in started:
            await ismg.stop()


@pytest.fixture
async def start_scripted() -> AsyncIterator[Callable[..., Awaitable[ScriptedIsmg]]]:
    """Starts scripted ISMGs; each is stopped at the test's end."""
    started: list[ScriptedIsmg] = []

    async def start(
        answer: Answer = healthy, *, version: int = V3, proof_version: int | None = V3, status: int = 0
    ) -> ScriptedIsmg:
        ismg = ScriptedIsmg(answer, version=version, proof_version=proof_version, status=status)
        await ismg.start()
        started.append(ismg)
        return ismg

    yield start
    for ismg in started:
        ismg.stop()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[CmppLink[int]]]]:
    """Connects links to a port, with changed settings where named; each is unbound at the test's end."""
    links: list[CmppLink[int]] = []

    async def call(port: int, first_sequence: int = 1, **changes: Any) -> CmppLink[int]:
        link: CmppLink[int] = await CmppLink.connect(
            settings_for(port, **changes), now=now, first_sequence=first_sequence
        )
        links.append(link)
        return link

    yield call
    for link in links:
        await link.unbind(drain_seconds=0.5)
