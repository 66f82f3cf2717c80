"""Measures USSD turns over SMPP: a thousand phones at once, each turn from its deliver_sm to the screen's submit_sm.

Run ``python -m tests.bench.ussd [PHONES] [SECONDS]``, or call ``measure``. This process is the network: it takes the
bind, dials for all phones and answers each screen after a moment's thought. PostgreSQL has its ordinary durability.
"""

import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from carillon_chassis.testing.postgres import postgres_server
from svc_channel.domain.smpp import codec, commands, pdus
from svc_channel.domain.smpp.framer import Framer
from svc_channel.domain.smpp.ussd import SERVICE_TYPE, UssdOperation, encode_screen, read_ussd, turn_tlvs
from svc_channel.domain.text.decoding import decode_text
from tests.bench.channel_process import SYSTEM_ID, channel_database, channel_service, cpu_seconds

PHONES = 1_000
SECONDS = 20.0
# How long a person looks at a screen before the next key: fast readers, on average.
THOUGHT_SECONDS = 2.0
# What the channels must hold on two cores.
BOUND_SECONDS = 0.1
# Keys that walk about: the text of two pages and back, over and over.
KEYS = ("6", "#", "*", "0")
BIND_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UssdFigures:
    """One run; milliseconds from a turn on the wire to its screen on the wire."""

    phones: int
    seconds: float
    turns: int
    turns_per_second: float
    unanswered: int
    longest_screen: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    service_cpu_share: float


@dataclass(slots=True)
class Network(asyncio.Protocol):
    """One SMSC with all its phones."""

    phones: int
    bound: "asyncio.Event" = field(default_factory=asyncio.Event)
    seconds: list[float] = field(default_factory=list)
    longest_screen: int = 0
    stopping: bool = False
    sent_at: dict[str, float] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    _framer: Framer = field(default_factory=Framer)
    _transport: asyncio.Transport | None = None
    _sequence: int = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Waits for the bind."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answers what comes."""
        for frame in self._framer.feed(data):
            envelope = codec.decode(frame)
            pdu = envelope.pdu
            if isinstance(pdu, pdus.Bind):
                resp = pdus.BindResp(command=pdu.command | commands.RESPONSE_BIT, system_id=SYSTEM_ID)
                self._send(resp, envelope.sequence)
                self.bound.set()
            elif isinstance(pdu, pdus.SubmitSm):
                self._send(pdus.SubmitSmResp(message_id=str(envelope.sequence)), envelope.sequence)
                self._show(pdu)
            elif isinstance(pdu, pdus.EnquireLink):
                self._send(pdus.EnquireLinkResp(), envelope.sequence)
            elif isinstance(pdu, pdus.Unbind):
                self._send(pdus.UnbindResp(), envelope.sequence)

    def dial(self, number: int) -> None:
        """A phone dials the English menu."""
        self._turn(f"86138{number:08d}", "*100*2#", UssdOperation.PSSR_INDICATION, sequence=0)

    def _show(self, screen: pdus.SubmitSm) -> None:
        phone = screen.destination
        sent_at = self.sent_at.pop(phone, None)
        if sent_at is None:
            raise RuntimeError("a phone was shown a screen that it did not ask for")
        self.seconds.append(time.perf_counter() - sent_at)
        info = read_ussd(screen.tlvs, text="")
        text = decode_text(screen.payload, data_coding=screen.data_coding, has_header=False).text
        self.longest_screen = max(self.longest_screen, len(text))
        if not self.stopping:
            thought = random.uniform(0.5, 1.5) * THOUGHT_SECONDS
            asyncio.get_running_loop().call_later(thought, self._press, phone, info.sequence + 1)

    def _press(self, phone: str, sequence: int) -> None:
        if not self.stopping:
            key = KEYS[self.turns[phone] % len(KEYS)]
            self._turn(phone, key, UssdOperation.USSR_CONFIRM, sequence=sequence)

    def _turn(self, phone: str, text: str, operation: int, *, sequence: int) -> None:
        coding, octets = encode_screen(text)
        self.turns[phone] = self.turns.get(phone, -1) + 1
        deliver = pdus.DeliverSm(
            source=phone,
            destination="10086",
            destination_ton=0,
            service_type=SERVICE_TYPE,
            data_coding=coding,
            short_message=octets,
            tlvs=turn_tlvs(operation, session=5, sequence=sequence),
        )
        self.sent_at[phone] = time.perf_counter()
        self._sequence += 1
        self._send(deliver, self._sequence)

    def _send(self, pdu: pdus.Pdu, sequence: int) -> None:
        if self._transport is not None:
            self._transport.write(codec.encode(pdu, sequence))


def measure(phones: int = PHONES, seconds: float = SECONDS) -> UssdFigures:
    """One run. Raises TimeoutError when the service does not bind."""
    return uvloop.run(_measure(phones, seconds))


async def _measure(phones: int, seconds: float) -> UssdFigures:
    folder = Path(tempfile.mkdtemp(prefix="cbu"))
    network = Network(phones)
    server = await asyncio.get_running_loop().create_server(lambda: network, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with postgres_server() as postgres:
            database_url = await channel_database(postgres.url)
            with channel_service(
                folder, database_url, smsc_port=port, peers=f"unix:{folder}/nobody.sock", LOG_LEVEL="WARNING"
            ) as service:
                async with asyncio.timeout(BIND_SECONDS):
                    await network.bound.wait()
                return await _talk(network, seconds, service.pid)
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _talk(network: Network, seconds: float, pid: int) -> UssdFigures:
    """Everybody dials within one thought, and then goes on for ``seconds``."""
    loop = asyncio.get_running_loop()
    for number in range(network.phones):
        loop.call_later(THOUGHT_SECONDS * number / network.phones, network.dial, number)
    await asyncio.sleep(THOUGHT_SECONDS)
    network.seconds.clear()
    before, started = cpu_seconds(pid), time.perf_counter()
    await asyncio.sleep(seconds)
    network.stopping = True
    took, used = time.perf_counter() - started, cpu_seconds(pid) - before
    turns = list(network.seconds)
    await asyncio.sleep(1)
    return UssdFigures(
        phones=network.phones,
        seconds=round(took, 1),
        turns=len(turns),
        turns_per_second=round(len(turns) / took, 1),
        unanswered=len(network.sent_at),
        longest_screen=network.longest_screen,
        median_ms=round(statistics.median(turns) * 1_000, 1),
        p99_ms=round(statistics.quantiles(turns, n=100)[98] * 1_000, 1),
        worst_ms=round(max(turns) * 1_000, 1),
        service_cpu_share=round(used / took, 2),
    )


def main(phones: int = PHONES, seconds: float = SECONDS) -> UssdFigures:
    """Turns of so many sessions at once; prints them as JSON beside the bound."""
    figures = measure(phones, seconds)
    print(f"USSD: {json.dumps(asdict(figures))} (p99 at most {BOUND_SECONDS * 1_000:.0f} ms)")
    return figures


def kept(figures: UssdFigures) -> bool:
    """Whether every turn was answered, 99 of 100 in time."""
    return figures.p99_ms <= BOUND_SECONDS * 1_000 and not figures.unanswered


if __name__ == "__main__":
    sys.exit(not kept(main(*(int(argument) for argument in sys.argv[1:3]))))
