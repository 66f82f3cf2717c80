"""What every line looks like to the workers, whatever it speaks: its calls and its values; must not know a protocol.

A line is one bound connection to a peer by which messages leave: an SMSC, an ISMG. A peer is what a line is opened to.
Each adapter translates here and nowhere else: PDUs, statuses and result codes stop at it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from zlib import crc32

from svc_channel.domain.inbound import InboundPart
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import Answer

Token = TypeVar("Token")
Tlvs = tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A whole message as a peer is asked to cut it.

    ``reference`` is the same at every try. ``source`` and ``destination`` are digits without a plus. ``content`` is what
    is no text: JSON, as the channel defines it.
    """

    reference: int
    channel: str
    source: str
    destination: str
    text: str
    content: bytes | None = None

    def reference_over(self, line: str) -> int:
        """What ties its parts together over a line: parts sent again there fit those that arrived.

        Another number over another line, which may cut otherwise: no handset joins parts of two cuts.
        """
        return self.reference + crc32(line.encode())


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    """One short message to put on the wire.

    ``body`` are the octets as they travel, user data header included where ``has_header``; ``data_coding`` is that of
    SMPP and GSM 03.38 (0 GSM 7-bit, one septet an octet; 4 octets; 8 UCS2; 15 is GBK with CMPP only).
    """

    number: int
    total: int
    source: str
    destination: str
    body: bytes
    data_coding: int
    has_header: bool = False
    wants_receipt: bool = True
    service_type: str = ""
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True)
class LineAnswer(Generic[Token]):
    """What the peer said to one submit.

    ACCEPTED carries ``peer_id``, normalised: the receipt will name it. REFUSED, THROTTLED and TRANSIENT carry a stable
    ``reason``. LOST: no answer came in time, it may or may not have been accepted.
    """

    token: Token
    answer: Answer
    peer_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineDelivery:
    """Something the peer handed over and waits to be told that we keep it; ``handle`` is the line's own name for it.

    A receipt, or a part of an inbound message, or (both None) something unreadable, which is acknowledged and dropped:
    the peer would only send it again.
    """

    handle: int
    receipt: PartReceipt | None = None
    inbound: InboundPart | None = None


@dataclass(frozen=True, slots=True)
class LineReceived(Generic[Token]):
    """Everything that came since the last receive, in the order of the wire within each list.

    Book the answers before the deliveries: a receipt then always finds its message. ``is_pressing``: the peer's own
    window is full, and it sends nothing more before these are acknowledged; gathering more first is in vain.
    """

    answers: Sequence[LineAnswer[Token]] = ()
    deliveries: Sequence[LineDelivery] = ()
    is_pressing: bool = False


class LinkLost(Exception, Generic[Token]):
    """The line is gone; ``in_doubt`` are the tokens of every submit that was on the wire without an answer.

    ``reason`` is stable: CONNECT_FAILED, CONNECTION_LOST, PEER_SILENT, PEER_UNBOUND, BROKEN_STREAM, UNBOUND.
    """

    def __init__(self, *, reason: str, detail: str, in_doubt: tuple[Token, ...] = ()) -> None:
        super().__init__(f"{reason}: {detail}; {len(in_doubt)} submits in doubt")
        self.reason = reason
        self.detail = detail
        self.in_doubt = in_doubt


class LineRefused(Exception):
    """The peer is there and does not let us in.

    ``wait_seconds``: how long it is to be left alone; a wrong secret does not get better by trying it again.
    """

    def __init__(self, detail: str, *, wait_seconds: float = 0.0) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


class PartRefused(Exception):
    """The line can't carry a part, and the next try would not either; ``reason`` is stable."""

    def __init__(self, *, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Line(Protocol[Token]):
    """One bound line. Tokens are the caller's own names for its submits and are never looked into.

    The caller runs two tasks on it: one or more submit, one receives.
    """

    @property
    def in_flight(self) -> int:
        """Submits on the wire without an answer."""
        ...

    @property
    def lost(self) -> bool:
        """True once the line is over; receive still hands out what came before, then raises LinkLost."""
        ...

    async def submit(self, token: Token, part: OutgoingPart) -> None:
        """Puts one part on the wire as soon as the window has a place; its answer comes out of receive.

        Raises LinkLost when the line is over (this part did not go out), PartRefused for one it can't carry.
        """
        ...

    async def receive(self) -> LineReceived[Token]:
        """Waits until something has come and hands over all of it; after the line's end LinkLost, at each call."""
        ...

    def respond(self, deliveries: Iterable[LineDelivery], *, kept: bool = True) -> None:
        """Acknowledges deliveries after they are durable; with ``kept`` false the peer is asked to send them again."""
        ...

    async def unbind(self, *, drain_seconds: float) -> tuple[Token, ...]:
        """Ends in good order: waits for open answers, says goodbye, closes; gives the tokens still in doubt."""
        ...


class Peer(Protocol[Token]):
    """What a line is opened to."""

    @property
    def name(self) -> str:
        """What operators call it; it labels logs and metrics."""
        ...

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """The parts in which this peer takes a message, always the same for the same message.

        Raises PartRefused for a message that this peer can't take in any parts.
        """
        ...

    async def open(self) -> Line[Token]:
        """Connects and binds. Raises LinkLost when nobody is there, LineRefused when we are not let in."""
        ...
