"""The core of a simulator: takes messages, owes receipts, hands deliveries to sessions; must not know a protocol."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.domain.text.segmentation import MAXIMUM_REFERENCE, Segment
from svc_channel.simulators.messages.journal import (
    Accepted,
    Inbound,
    InboundAcknowledged,
    Journal,
    ReceiptsAcknowledged,
    Record,
)
from svc_channel.simulators.messages.mailbox import Counts, Mailbox, Owed, OwedInbound, OwedReceipt, OwedTurn
from svc_channel.simulators.messages.settings import SimulatorSettings

# How often unanswered deliveries are looked through.
_SWEEP_SECONDS = 1.0


class Cut(Protocol):
    """How the protocol cuts a subscriber's text."""

    def __call__(self, text: str, *, reference: int) -> Sequence[Segment]:
        """The short messages that carry it. Raises InvalidInput."""


class Receiver(Protocol):
    """A session that may be given deliveries."""

    @property
    def room(self) -> int:
        """Deliveries it may be given now."""

    def deliver(self, owed: Owed, now: float) -> None:
        """Takes one delivery; it comes back through ``refused`` or ``put_back`` unless it is acknowledged."""

    def flush(self) -> None:
        """Writes what it was given."""

    def give_up_older_than(self, moment: float) -> list[Owed]:
        """Deliveries sent before ``moment`` (loop time) and never answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundText:
    """A text from a subscriber, as the control socket brings it."""

    source: str
    destination: str
    text: str


class Exchange:
    """One account's messages. Nothing is answered before it is in the journal."""

    def __init__(
        self,
        settings: SimulatorSettings,
        journal: Journal,
        *,
        owed: Iterable[Owed],
        counts: Counts,
        wall_clock: Callable[[], float],
        cut: Cut,
        has_sessions: bool = False,
    ) -> None:
        self.has_sessions = has_sessions
        """Whether the protocol carries turns of USSD."""
        self.tallies: Counter[str] = Counter()
        """What sessions count for the control socket's stats, since the start."""
        self.screens: dict[tuple[str, int], list[dict[str, object]]] = {}
        """What the phones of USSD sessions were shown, by number and session."""
        self._settings = settings
        self._cut = cut
        self.counts = counts
        self._journal = journal
        self._wall_clock = wall_clock
        self._loop = asyncio.get_running_loop()
        self._mailbox = Mailbox()
        for delivery in owed:
            self._mailbox.put(delivery)
        self._receivers: list[Receiver] = []
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0
        self._sweep_at = 0.0
        self._acknowledged: list[Owed] = []

    @property
    def owed(self) -> int:
        """Deliveries not acknowledged, on the wire or not."""
        counts = self.counts
        return counts.receipts_wanted - counts.receipts_acknowledged + counts.inbound - counts.inbound_acknowledged

    @property
    def receivers(self) -> int:
        """Sessions bound to receive."""
        return len(self._receivers)

    @property
    def is_full(self) -> bool:
        """Whether the queue's limit is reached."""
        return bool(self._settings.queue_limit) and self.owed >= self._settings.queue_limit

    @property
    def next_number(self) -> int:
        """Which message the next one taken will be, counted since the journal began."""
        return self.counts.accepted + 1

    def outcome(self, destination: str) -> MessageState:
        """How a message to this number will end."""
        for digits, state in self._settings.outcomes:
            if destination.endswith(digits):
                return state
        return MessageState.DELIVERED

    def now(self) -> float:
        """The wall clock, in seconds since 1970."""
        return self._wall_clock()

    def accept(self, accepted: Accepted) -> None:
        """Takes one message, durable after ``commit``, and owes its receipt when one is wanted."""
        self._record(accepted)
        if accepted.receipt_wanted:
            due = self._loop.time() + self._settings.receipt_delay_seconds
            self._mailbox.put_at(due, OwedReceipt.of(accepted))

    def inject(self, texts: Sequence[InboundText]) -> list[int]:
        """Takes texts of subscribers, long ones in parts; durable on return. Gives the number of each first part.

        Raises InvalidInput for a text no parts can hold; then none of them is taken.
        """
        first = self.counts.inbound
        cut = [self._cut(text.text, reference=(first + at) & MAXIMUM_REFERENCE) for at, text in enumerate(texts)]
        firsts: list[int] = []
        for text, segments in zip(texts, cut, strict=True):
            firsts.append(self.counts.inbound + 1)
            for segment in segments:
                inbound = Inbound(
                    number=self.counts.inbound + 1,
                    at=self._wall_clock(),
                    source=text.source,
                    destination=text.destination,
                    data_coding=segment.data_coding,
                    esm_class=segment.esm_class,
                    short_message=segment.short_message,
                )
                self._record(inbound)
                self._mailbox.put(OwedInbound(inbound))
        self.commit()
        self.pump()
        return firsts

    def send_turn(self, turn: OwedTurn) -> None:
        """Sends a subscriber's turn of a USSD session."""
        self._mailbox.put(turn)
        self.pump()

    def acknowledged(self, owed: Owed) -> None:
        """The client has it; written with the next commit."""
        self._acknowledged.append(owed)

    def refused(self, owed: Owed) -> None:
        """The client does not want it now; it goes again after a pause."""
        self._mailbox.put_at(self._loop.time() + self._settings.retry_seconds, owed)

    def commit(self) -> None:
        """Makes everything taken and acknowledged so far durable."""
        if self._acknowledged:
            receipts = tuple(owed.message_id for owed in self._acknowledged if isinstance(owed, OwedReceipt))
            numbers = tuple(owed.inbound.number for owed in self._acknowledged if isinstance(owed, OwedInbound))
            self._acknowledged.clear()
            if receipts:
                self._record(ReceiptsAcknowledged(receipts))
            if numbers:
                self._record(InboundAcknowledged(numbers))
        self._journal.flush()

    def join(self, receiver: Receiver) -> None:
        """A session bound to receive; it gets what is owed at once."""
        self._receivers.append(receiver)
        self._loop.call_soon(self.pump)

    def leave(self, receiver: Receiver, unanswered: Iterable[Owed]) -> None:
        """A session ended; what it left unanswered goes to the next one."""
        if receiver in self._receivers:
            self._receivers.remove(receiver)
        self._mailbox.put_back(unanswered)
        self.pump()

    def pump(self) -> None:
        """Gives ready deliveries to sessions that have room, then sleeps until the next is due."""
        now = self._loop.time()
        if now >= self._sweep_at:
            self._sweep(now)
        next_due = self._mailbox.ripen(now)
        wall_now = self._wall_clock()
        for receiver in self._receivers:
            for _ in range(receiver.room):
                owed = self._mailbox.take()
                if owed is None:
                    break
                receiver.deliver(owed, wall_now)
            receiver.flush()
        self._sleep_until(min(next_due or self._sweep_at, self._sweep_at))

    def close(self) -> None:
        """Stops the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def _record(self, record: Record) -> None:
        self._journal.append(record)
        self.counts.add(record)

    def _sweep(self, now: float) -> None:
        self._sweep_at = now + _SWEEP_SECONDS
        for receiver in self._receivers:
            self._mailbox.put_back(receiver.give_up_older_than(now - self._settings.redeliver_seconds))

    def _sleep_until(self, moment: float) -> None:
        """Keeps the timer that is set when it rings no later; a new one for every read would cost more than it."""
        if self._timer is not None:
            if self._wakes_at <= moment:
                return
            self._timer.cancel()
        self._wakes_at = moment
        self._timer = self._loop.call_at(moment, self._wake)

    def _wake(self) -> None:
        # Rings a little early at times: whether a timer is set cannot be told from the clock.
        self._timer = None
        self.pump()
