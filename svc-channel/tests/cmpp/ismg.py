"""An ISMG of one connection that does what a test scripts, and the parts that tests send."""

import asyncio
from collections.abc import Callable, Sequence

from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.line import LineAnswer, LineDelivery, Outgoing, OutgoingPart
from svc_channel.domain.cmpp import codec, commands, pdus
from svc_channel.domain.cmpp.authenticator import authenticate_ismg
from svc_channel.domain.cmpp.framer import Framer

SECRET = "888888"
SOURCE = "900001"
# Nothing here takes longer; a stuck test ends by itself.
PATIENCE_SECONDS = 20.0

Answer = Callable[[codec.Envelope], Sequence[tuple[pdus.Pdu, int]]]


def part(number: int = 0, body: bytes = b"hello") -> OutgoingPart:
    """An ASCII message to one of ten million numbers."""
    return OutgoingPart(1, 1, "10086", f"861380{number:07d}", body, pdus.FORMAT_ASCII)


def outgoing(text: str) -> Outgoing:
    """A whole message."""
    return Outgoing(reference=7, channel="sms", source="10086", destination="8613800138000", text=text)


async def collect(
    link: CmppLink[int], *, answers: int = 0, deliveries: int = 0, responds: bool = False
) -> tuple[list[LineAnswer[int]], list[LineDelivery]]:
    """Receives until there are as many of each, and acknowledges deliveries as they come where it ``responds``."""
    found: tuple[list[LineAnswer[int]], list[LineDelivery]] = ([], [])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found[0]) < answers or len(found[1]) < deliveries:
            received = await link.receive()
            found[0].extend(received.answers)
            found[1].extend(received.deliveries)
            if responds:
                link.respond(received.deliveries)
    return found


async def until(condition: Callable[[], bool]) -> None:
    """Waits until it is so, however busy the machine."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


def healthy(envelope: codec.Envelope) -> Sequence[tuple[pdus.Pdu, int]]:
    """Answers like an ISMG in good health."""
    if isinstance(envelope.pdu, pdus.Submit):
        return [(pdus.SubmitResp(message_id=envelope.sequence), envelope.sequence)]
    if isinstance(envelope.pdu, pdus.ActiveTest):
        return [(pdus.ActiveTestResp(), envelope.sequence)]
    if isinstance(envelope.pdu, pdus.Terminate):
        return [(pdus.TerminateResp(), envelope.sequence)]
    return []


def silent(_: codec.Envelope) -> Sequence[tuple[pdus.Pdu, int]]:
    """Reads and keeps silent."""
    return []


class ScriptedIsmg:
    """Answers connects by ``proof_version`` and leaves everything else to the script."""

    def __init__(self, answer: Answer, *, version: int, proof_version: int | None, status: int) -> None:
        self._answer = answer
        self._version = version
        self._proof_version = proof_version
        self._status = status
        self.seen: list[codec.Envelope] = []
        self.connects = 0
        self.port = 0
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Closes the port and the connection."""
        if self._server is not None:
            self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Closes the connection."""
        if self._writer is not None:
            self._writer.close()

    def write(self, octets: bytes) -> None:
        """Says something unasked."""
        assert self._writer is not None
        self._writer.write(octets)

    def say(self, pdu: pdus.Pdu, sequence: int) -> None:
        """Sends a PDU unasked."""
        self.write(codec.encode(pdu, sequence, version=self._version))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        framer = Framer()
        while data := await reader.read(65536):
            for frame in framer.feed(data):
                envelope = codec.decode(frame, version=self._version)
                if isinstance(envelope.pdu, pdus.Connect):
                    self.connects += 1
                    self.say(self._greet(envelope.pdu), envelope.sequence)
                    continue
                self.seen.append(envelope)
                for pdu, sequence in self._answer(envelope):
                    self.say(pdu, sequence)

    def _greet(self, connect: pdus.Connect) -> pdus.ConnectResp:
        if self._proof_version is None:
            return pdus.ConnectResp(status=self._status, version=self._version)
        proof = authenticate_ismg(self._status, connect.authenticator, SECRET, version=self._proof_version)
        return pdus.ConnectResp(status=self._status, authenticator=proof, version=self._version)


V2, V3 = commands.VERSION_20, commands.VERSION_30
