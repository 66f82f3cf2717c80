"""The bytes of one session on asyncio: framing, coalesced writes, keep-alive; must not know windows or messages."""

import asyncio
from abc import ABC, abstractmethod
from typing import Protocol, cast

from svc_channel.domain.framer import StreamFramer, UnframedStream

# So many looks within the shorter of the two times; one that is a quarter late does no harm.
_TICKS_PER_TIMEOUT = 4
_IN_GOOD_ORDER = frozenset({"UNBOUND", "PEER_UNBOUND"})


class SessionWatcher(Protocol):
    """What every session tells the link above it; each call comes from the event loop and must not block."""

    def on_batch_end(self) -> None:
        """Everything that had arrived has been told."""

    def on_tick(self, now: float) -> None:
        """Time has passed (loop time)."""

    def on_lost(self, reason: str, detail: str) -> None:
        """The connection is over; nothing follows."""


class StreamSession(asyncio.Protocol, ABC):
    """One TCP connection that carries frames: no task and no timer per frame.

    After ``probe_seconds`` of silence the peer is asked whether it lives, ``probe_tries`` times at most, each time for
    ``answer_seconds``; then the session is lost as PEER_SILENT. A protocol says how to read a frame and how to ask.
    """

    def __init__(
        self,
        watcher: SessionWatcher,
        framer: StreamFramer,
        *,
        probe_seconds: float,
        answer_seconds: float,
        probe_tries: int = 1,
    ) -> None:
        self._watcher = watcher
        self._framer = framer
        self._probe_seconds = probe_seconds
        self._answer_seconds = answer_seconds
        self._probe_tries = probe_tries
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._outgoing: list[bytes] = []
        self._ticker: asyncio.TimerHandle | None = None
        self._last_heard = self._loop.time()
        self._probed_at: float | None = None
        self._probes = 0
        self._lost = False
        self.writable = True

    @abstractmethod
    def take_frame(self, frame: bytes) -> None:
        """Reads one whole frame. Raises UnframedStream when nothing after it can be trusted."""

    @abstractmethod
    def probe(self) -> None:
        """Asks the peer whether it lives."""

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
        self._probed_at, self._probes = None, 0
        try:
            for frame in self._framer.feed(data):
                if not self._lost:
                    self.take_frame(frame)
        except UnframedStream as error:
            self.lose("BROKEN_STREAM", str(error))
        self._watcher.on_batch_end()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed."""
        self.lose("CONNECTION_LOST", str(exc) if exc else "the peer closed the connection")

    def pause_writing(self) -> None:
        """The socket's buffer is full; the link stops submitting."""
        self.writable = False

    def resume_writing(self) -> None:
        """The buffer drained."""
        self.writable = True
        self._watcher.on_batch_end()

    def send(self, frame: bytes) -> None:
        """Sends with everything else of this turn of the loop in one write; does nothing once lost."""
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(frame)

    def lose(self, reason: str, detail: str) -> None:
        """Ends the connection at once and tells the watcher, the first time it is called."""
        if self._lost:
            return
        self._flush()
        self._lost = True
        if self._ticker is not None:
            self._ticker.cancel()
        if self._transport is not None:
            # In good order what is written still leaves; otherwise nothing more is worth sending.
            self._transport.close() if reason in _IN_GOOD_ORDER else self._transport.abort()
        self._watcher.on_lost(reason, detail)

    def _flush(self) -> None:
        if self._outgoing and self._transport is not None and not self._lost:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def _schedule_tick(self) -> None:
        pause = min(self._probe_seconds, self._answer_seconds) / _TICKS_PER_TIMEOUT
        self._ticker = self._loop.call_later(pause, self._tick)

    def _tick(self) -> None:
        if self._lost:
            return
        now = self._loop.time()
        if self._probed_at is not None and now - self._probed_at >= self._answer_seconds:
            if self._probes >= self._probe_tries:
                asked = f"asked {self._probes} times, " if self._probes > 1 else ""
                self.lose("PEER_SILENT", f"{asked}no sign of life within {self._answer_seconds} s")
                return
            self._ask(now)
        elif self._probed_at is None and now - self._last_heard >= self._probe_seconds:
            self._ask(now)
        self._watcher.on_tick(now)
        self._schedule_tick()

    def _ask(self, now: float) -> None:
        self._probed_at = now
        self._probes += 1
        self.probe()
