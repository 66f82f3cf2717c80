"""Peers for the link: the simulator as a process of its own, and a scripted SMSC that misbehaves on demand."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from svc_channel.adapters.smpp_link import LinkSettings
from svc_channel.domain.smpp import codec, pdus
from svc_channel.domain.smpp.framer import Framer
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


def settings_for(smsc: SmscProcess, **changes: object) -> LinkSettings:
    """Settings that bind to this simulator."""
    values: dict[str, object] = {
        "host": smsc.host,
        "port": smsc.port,
        "system_id": smsc.system_id,
        "password": smsc.password,
        **changes,
    }
    return LinkSettings(**values)  # type: ignore[arg-type]


Answer = Callable[[codec.Envelope], Sequence[bytes]]


class ScriptedSmsc:
    """An SMSC of one connection that answers binds and leaves everything else to the test."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.seen: list[codec.Envelope] = []
        self.port = 0
        self.writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Closes the port and the connection."""
        if self._server is not None:
            self._server.close()
        if self.writer is not None:
            self.writer.close()

    def write(self, octets: bytes) -> None:
        """Says something unasked."""
        assert self.writer is not None
        self.writer.write(octets)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        framer = Framer()
        while data := await reader.read(65536):
            for frame in framer.feed(data):
                envelope = codec.decode(frame)
                if isinstance(envelope.pdu, pdus.Bind):
                    writer.write(codec.encode(pdus.BindResp(system_id="scripted"), envelope.sequence))
                    continue
                self.seen.append(envelope)
                for answer in self._answer(envelope):
                    writer.write(answer)


@pytest.fixture
async def start_scripted() -> AsyncIterator[Callable[[Answer], Awaitable[ScriptedSmsc]]]:
    """Starts scripted SMSCs; each is stopped at the test's end."""
    started: list[ScriptedSmsc] = []

    async def start(answer: Answer) -> ScriptedSmsc:
        smsc = ScriptedSmsc(answer)
        await smsc.start()
        started.append(smsc)
        return smsc

    yield start
    for smsc in started:
        smsc.stop()
