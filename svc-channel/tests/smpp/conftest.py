"""The simulator as a process of its own, a scripted SMSC that misbehaves on demand, and links bound to them."""

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from svc_channel.adapters.smpp_link import LinkSettings, SmppLink
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


def healthy(envelope: codec.Envelope) -> Sequence[bytes]:
    """Answers like an SMSC in good health."""
    if isinstance(envelope.pdu, pdus.SubmitSm):
        return [codec.encode(pdus.SubmitSmResp(message_id=str(envelope.sequence)), envelope.sequence)]
    if isinstance(envelope.pdu, pdus.EnquireLink):
        return [codec.encode(pdus.EnquireLinkResp(), envelope.sequence)]
    if isinstance(envelope.pdu, pdus.Unbind):
        return [codec.encode(pdus.UnbindResp(), envelope.sequence)]
    return []


def silent(_: codec.Envelope) -> Sequence[bytes]:
    """Reads and keeps silent."""
    return []


@pytest.fixture
async def start_scripted() -> AsyncIterator[Callable[[Answer | str], Awaitable[ScriptedSmsc]]]:
    """Starts scripted SMSCs, by a function of the PDU or as "healthy" or "silent"; each is stopped at the end."""
    started: list[ScriptedSmsc] = []

    async def start(answer: Answer | str) -> ScriptedSmsc:
        named = {"healthy": healthy, "silent": silent}
        smsc = ScriptedSmsc(named[answer] if isinstance(answer, str) else answer)
        await smsc.start()
        started.append(smsc)
        return smsc

    yield start
    for smsc in started:
        smsc.stop()


@pytest.fixture
def link_to() -> Callable[..., Awaitable[SmppLink[int]]]:
    """Binds a link to a scripted SMSC, with settings where named."""

    async def bind(smsc: ScriptedSmsc, first_sequence: int = 1, **changes: Any) -> SmppLink[int]:
        settings = LinkSettings(host="127.0.0.1", port=smsc.port, system_id="carillon", password="secret", **changes)
        return await SmppLink.connect(settings, first_sequence=first_sequence)

    return bind
