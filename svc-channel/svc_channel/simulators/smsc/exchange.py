"""The simulator's core: takes messages, owes receipts, hands deliveries to bound sessions; must not read sockets."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from svc_channel.domain.smpp import statuses
from svc_channel.domain.smpp.pdus import REGISTERED_RECEIPT, SubmitSm
from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.domain.text.segmentation import MAXIMUM_REFERENCE, segment_text
from svc_channel.simulators.smsc.journal import (
    Accepted,
    Inbound,
    InboundAcknowledged,
    Journal,
    ReceiptsAcknowledged,
    Record,
)
from svc_channel.simulators.smsc.mailbox import Counts, Mailbox, Owed, OwedInbound, OwedReceipt
from svc_channel.simulators.smsc.settings import SmscSettings

# How often unanswered deliveries are looked through.
_SWEEP_SECONDS = 1.0
# The two lowest bits of registered_delivery ask for a final receipt: 1 always, 2 on failure.
_ON_FAILURE = 0x02
_RECEIPT_BITS = 0x03


class Receiver(Protocol):
    """A session bound to receive."""

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
        settings: SmscSettings,
        journal: Journal,
        *,
        owed: Iterable[Owed],
        counts: Counts,
        wall_clock: Callable[[], float],
    ) -> None:
        self.settings = settings
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

    def accept(self, message: SubmitSm) -> tuple[int, str]:
        """Takes one message: its status and, with OK, its id; durable after ``commit``."""
        if not message.destination.isdecimal():
            return statuses.INVALID_DESTINATION, ""
        if self.settings.queue_limit and self.owed >= self.settings.queue_limit:
            return statuses.MESSAGE_QUEUE_FULL, ""
        state = self._outcome(message.destination)
        accepted = Accepted(
            message_id=f"{self.counts.accepted + 1:010d}",
            at=self._wall_clock(),
            source=message.source,
            destination=message.destination,
            data_coding=message.data_coding,
            esm_class=message.esm_class,
            short_message=message.payload,
            receipt_wanted=_wants_receipt(message.registered_delivery, state),
            state=state,
        )
        self._record(accepted)
        if accepted.receipt_wanted:
            due = self._loop.time() + self.settings.receipt_delay_seconds
            self._mailbox.put_at(due, OwedReceipt.of(accepted))
        return statuses.OK, accepted.message_id

    def inject(self, texts: Sequence[InboundText]) -> list[int]:
        """Takes texts of subscribers, long ones in parts; durable on return. Gives the number of each first part.

        Raises InvalidInput for a text no parts can hold; then none of them is taken.
        """
        first = self.counts.inbound
        cut = [segment_text(text.text, reference=(first + at) & MAXIMUM_REFERENCE) for at, text in enumerate(texts)]
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

    def acknowledged(self, owed: Owed) -> None:
        """The ESME has it; written with the next commit."""
        self._acknowledged.append(owed)

    def refused(self, owed: Owed) -> None:
        """The ESME does not want it now; it goes again after a pause."""
        self._mailbox.put_at(self._loop.time() + self.settings.retry_seconds, owed)

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
            self._mailbox.put_back(receiver.give_up_older_than(now - self.settings.redeliver_seconds))

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

    def _outcome(self, destination: str) -> MessageState:
        for digits, state in self.settings.outcomes:
            if destination.endswith(digits):
                return state
        return MessageState.DELIVERED


def _wants_receipt(registered_delivery: int, state: MessageState) -> bool:
    wanted = registered_delivery & _RECEIPT_BITS
    return wanted == REGISTERED_RECEIPT or (wanted == _ON_FAILURE and state is not MessageState.DELIVERED)
