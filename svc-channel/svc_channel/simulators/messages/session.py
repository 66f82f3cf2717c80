"""One client's connection to a simulator: frames in, frames out; must not know a protocol nor keep messages."""

import asyncio
from abc import ABC, abstractmethod
from typing import cast

from svc_channel.domain.framer import StreamFramer, UnframedStream
from svc_channel.domain.sequences import SequenceNumbers
from svc_channel.simulators.messages.exchange import Exchange
from svc_channel.simulators.messages.mailbox import Owed
from svc_channel.simulators.messages.settings import SimulatorSettings


class ClientSession(asyncio.Protocol, ABC):
    """Answers of one read leave in one write, after one journal write."""

    def __init__(self, exchange: Exchange, settings: SimulatorSettings, framer: StreamFramer) -> None:
        self.exchange = exchange
        self.is_closing = False
        """Set to end the connection once what has gathered is written; nothing more is read then."""
        self._framer = framer
        self._deliver_window = settings.deliver_window
        self._throttle_per_second = settings.throttle_per_second
        self._loop = asyncio.get_running_loop()
        self._sequences = SequenceNumbers()
        self._transport: asyncio.Transport | None = None
        self._outgoing: list[bytes] = []
        # Deliveries on the wire by sequence number, oldest first.
        self._unanswered: dict[int, tuple[Owed, float]] = {}
        self._writable = True
        self._second, self._taken_in_second = 0, 0

    @abstractmethod
    def take_frame(self, frame: bytes) -> None:
        """Reads one whole frame. Raises UnframedStream when nothing after it can be trusted."""

    @abstractmethod
    def encode_owed(self, owed: Owed, now: float, sequence: int) -> bytes:
        """A delivery as a frame; ``now`` in seconds since 1970."""

    def refuse_stream(self, error: UnframedStream) -> None:
        """Says the last word before a stream that can't be cut is closed; a protocol may have none."""

    @property
    def room(self) -> int:
        """Deliveries this session may be given now."""
        return self._deliver_window - len(self._unanswered) if self._writable else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Waits for the client to say who it is."""
        # uvloop's transports are no subclasses, they only behave alike.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Takes every whole PDU, makes durable what came of them, then answers."""
        try:
            for frame in self._framer.feed(data):
                if self.is_closing:
                    break
                self.take_frame(frame)
        except UnframedStream as error:
            self.refuse_stream(error)
            self.is_closing = True
        self.exchange.commit()
        self.flush()
        if self.is_closing:
            self.close()
        self.exchange.pump()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Gives back what the client never answered."""
        self._transport = None
        unanswered = [owed for owed, _ in self._unanswered.values()]
        self._unanswered.clear()
        self.exchange.leave(self, unanswered)

    def pause_writing(self) -> None:
        """The client does not read; no deliveries for now."""
        self._writable = False

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable = True
        self.exchange.pump()

    def deliver(self, owed: Owed, now: float) -> None:
        """Puts one delivery on the wire with the next flush; ``now`` is the wall clock's."""
        sequence = self.take_sequence()
        self._unanswered[sequence] = (owed, self._loop.time())
        self._outgoing.append(self.encode_owed(owed, now, sequence))

    def give_up_older_than(self, moment: float) -> list[Owed]:
        """Forgets deliveries sent before ``moment`` (loop time) and gives them back."""
        late = [sequence for sequence, (_, sent_at) in self._unanswered.items() if sent_at < moment]
        return [self._unanswered.pop(sequence)[0] for sequence in late]

    def end_delivery(self, sequence: int, *, taken: bool) -> None:
        """The client answered a delivery; one it did not take goes again."""
        entry = self._unanswered.pop(sequence, None)
        if entry is None:
            return
        if taken:
            self.exchange.acknowledged(entry[0])
        else:
            self.exchange.refused(entry[0])

    def take_sequence(self) -> int:
        """A sequence number that no delivery on the wire has."""
        return self._sequences.take(self._unanswered)

    def write(self, frame: bytes) -> None:
        """Takes a frame for the next flush."""
        self._outgoing.append(frame)

    def flush(self) -> None:
        """Writes what has gathered."""
        if self._outgoing and self._transport is not None:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()

    def is_too_fast(self) -> bool:
        """Counts one submit; whether it is one too many in this second."""
        limit = self._throttle_per_second
        if not limit:
            return False
        second = int(self._loop.time())
        if second != self._second:
            self._second, self._taken_in_second = second, 0
        self._taken_in_second += 1
        return self._taken_in_second > limit
