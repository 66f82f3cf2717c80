"""The bytes of one SMPP session on asyncio: framing, coalesced writes, keep-alive; must not know windows or messages."""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from svc_channel.domain.smpp import codec, commands, pdus
from svc_channel.domain.smpp.errors import BrokenStream, MalformedPdu
from svc_channel.domain.smpp.framer import Framer

# So many looks within the shorter of the two times; one that is a quarter late does no harm.
_TICKS_PER_TIMEOUT = 4
_IN_GOOD_ORDER = frozenset({"UNBOUND", "PEER_UNBOUND"})


class SessionOwner(Protocol):
    """What a session tells the link above it; every call comes from the event loop and must not block."""

    def on_pdu(self, envelope: codec.Envelope) -> None:
        """A PDU that the session did not answer by itself."""

    def on_batch_end(self) -> None:
        """Everything that had arrived has been told."""

    def on_tick(self, now: float) -> None:
        """Time has passed (loop time)."""

    def on_lost(self, reason: str, detail: str) -> None:
        """The connection is over; nothing follows."""


class SmppSession(asyncio.Protocol):
    """One TCP connection that speaks SMPP: no task and no timer per PDU."""

    def __init__(
        self,
        owner: SessionOwner,
        *,
        next_sequence: Callable[[], int],
        enquire_link_seconds: float,
        response_timeout_seconds: float,
    ) -> None:
        self._owner = owner
        self._next_sequence = next_sequence
        self._enquire_link_seconds = enquire_link_seconds
        self._response_timeout_seconds = response_timeout_seconds
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._outgoing: list[bytes] = []
        self._ticker: asyncio.TimerHandle | None = None
        self._last_heard = self._loop.time()
        self._enquired_at: float | None = None
        self._lost = False
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts the keep-alive clock."""
        # uvloop's transports are no subclasses, they only behave alike.
        self._transport = cast("asyncio.Transport", transport)
        self._last_heard = self._loop.time()
        self._schedule_tick()

    def data_received(self, data: bytes) -> None:
        """Takes what TCP brought, however it is cut."""
        self._last_heard = self._loop.time()
        # A peer that says anything lives.
        self._enquired_at = None
        try:
            for frame in self._framer.feed(data):
                self._take(frame)
        except BrokenStream as error:
            self.lose("BROKEN_STREAM", str(error))
        self._owner.on_batch_end()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed."""
        self.lose("CONNECTION_LOST", str(exc) if exc else "the peer closed the connection")

    def pause_writing(self) -> None:
        """The socket's buffer is full; the link stops submitting."""
        self.writable = False

    def resume_writing(self) -> None:
        """The buffer drained."""
        self.writable = True
        self._owner.on_batch_end()

    def send(self, frame: bytes) -> None:
        """Sends with everything else of this turn of the loop in one write; does nothing once lost."""
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(frame)

    def lose(self, reason: str, detail: str) -> None:
        """Ends the connection at once and tells the owner, the first time it is called."""
        if self._lost:
            return
        self._flush()
        self._lost = True
        if self._ticker is not None:
            self._ticker.cancel()
        if self._transport is not None:
            # In good order what is written still leaves; otherwise nothing more is worth sending.
            self._transport.close() if reason in _IN_GOOD_ORDER else self._transport.abort()
        self._owner.on_lost(reason, detail)

    def _flush(self) -> None:
        if self._outgoing and self._transport is not None and not self._lost:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def _take(self, frame: bytes) -> None:
        if self._lost:
            return
        try:
            envelope = codec.decode(frame)
        except BrokenStream:
            raise
        except MalformedPdu as error:
            self._refuse(frame, error)
            return
        if isinstance(envelope.pdu, pdus.EnquireLink):
            self.send(codec.encode(pdus.EnquireLinkResp(), envelope.sequence))
        elif isinstance(envelope.pdu, pdus.Unbind):
            self.send(codec.encode(pdus.UnbindResp(), envelope.sequence))
            self.lose("PEER_UNBOUND", "the SMSC ended the session")
        elif not isinstance(envelope.pdu, pdus.EnquireLinkResp):
            self._owner.on_pdu(envelope)

    def _refuse(self, frame: bytes, error: MalformedPdu) -> None:
        """Answers what cannot be read; an answer that cannot be read leaves its submit to time out, in doubt."""
        command, _, sequence = codec.read_header(frame)
        if command & commands.RESPONSE_BIT:
            return
        if command == commands.DELIVER_SM:
            self.send(codec.encode(pdus.DeliverSmResp(), sequence, error.status))
        else:
            self.send(codec.encode(pdus.GenericNack(), sequence, error.status))

    def _schedule_tick(self) -> None:
        pause = min(self._enquire_link_seconds, self._response_timeout_seconds) / _TICKS_PER_TIMEOUT
        self._ticker = self._loop.call_later(pause, self._tick)

    def _tick(self) -> None:
        if self._lost:
            return
        now = self._loop.time()
        if self._enquired_at is not None and now - self._enquired_at >= self._response_timeout_seconds:
            self.lose("PEER_SILENT", f"no answer to enquire_link within {self._response_timeout_seconds} s")
            return
        if self._enquired_at is None and now - self._last_heard >= self._enquire_link_seconds:
            self._enquired_at = now
            self.send(codec.encode(pdus.EnquireLink(), self._next_sequence()))
        self._owner.on_tick(now)
        self._schedule_tick()
