"""What a simulator still owes its client: receipts and MOs, now or later; must not touch sockets or the journal."""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.simulators.messages.journal import (
    Accepted,
    Inbound,
    ReceiptsAcknowledged,
    Record,
)

_TEXT_KEPT = 20


@dataclass(frozen=True, slots=True)
class OwedReceipt:
    """The receipt of one accepted message; no more of it is kept than the receipt says."""

    message_id: str
    source: str
    destination: str
    submitted_at: float
    state: MessageState
    text: str

    @classmethod
    def of(cls, accepted: Accepted) -> "OwedReceipt":
        """The receipt that this message will have."""
        return cls(
            accepted.message_id,
            accepted.source,
            accepted.destination,
            accepted.at,
            accepted.state,
            accepted.decoded.text[:_TEXT_KEPT],
        )


@dataclass(frozen=True, slots=True)
class OwedInbound:
    """One short message of a subscriber."""

    inbound: Inbound


@dataclass(frozen=True, slots=True)
class OwedTurn:
    """One turn of a USSD session; no journal keeps it, since no phone waits for it longer than some seconds."""

    source: str
    destination: str
    text: str
    operation: int
    session: int
    sequence: int
    is_last: bool = False


Owed = OwedReceipt | OwedInbound | OwedTurn


class Mailbox:
    """Deliveries ready to go, oldest first, and those whose time comes later (loop time)."""

    def __init__(self) -> None:
        self._ready: deque[Owed] = deque()
        self._later: list[tuple[float, int, Owed]] = []
        self._entries = 0

    def __len__(self) -> int:
        return len(self._ready) + len(self._later)

    def put(self, owed: Owed) -> None:
        """Owes it from now on."""
        self._ready.append(owed)

    def put_at(self, due: float, owed: Owed) -> None:
        """Owes it from ``due`` on."""
        self._entries += 1
        heapq.heappush(self._later, (due, self._entries, owed))

    def put_back(self, unanswered: Iterable[Owed]) -> None:
        """Owes again, before all others, what a lost session left without an answer."""
        self._ready.extendleft(reversed(list(unanswered)))

    def ripen(self, now: float) -> float | None:
        """Makes ready what is due and gives the next due time, None when nothing is left for later."""
        while self._later and self._later[0][0] <= now:
            self._ready.append(heapq.heappop(self._later)[2])
        return self._later[0][0] if self._later else None

    def take(self) -> Owed | None:
        """The next ready delivery."""
        return self._ready.popleft() if self._ready else None


@dataclass(slots=True)
class Counts:
    """What has happened since the journal began."""

    accepted: int = 0
    receipts_wanted: int = 0
    receipts_acknowledged: int = 0
    inbound: int = 0
    inbound_acknowledged: int = 0

    def add(self, record: Record) -> None:
        """Counts one record of the journal."""
        if isinstance(record, Accepted):
            self.accepted += 1
            self.receipts_wanted += record.receipt_wanted
        elif isinstance(record, Inbound):
            self.inbound += 1
        elif isinstance(record, ReceiptsAcknowledged):
            self.receipts_acknowledged += len(record.message_ids)
        else:
            self.inbound_acknowledged += len(record.numbers)


def restore(records: Iterable[Record]) -> tuple[list[Owed], Counts]:
    """What is still owed after the journal's records, in their order, and what they count."""
    counts = Counts()
    receipts: dict[str, Owed] = {}
    inbound: dict[int, Owed] = {}
    for record in records:
        counts.add(record)
        if isinstance(record, Accepted):
            if record.receipt_wanted:
                receipts[record.message_id] = OwedReceipt.of(record)
        elif isinstance(record, Inbound):
            inbound[record.number] = OwedInbound(record)
        elif isinstance(record, ReceiptsAcknowledged):
            for message_id in record.message_ids:
                receipts.pop(message_id, None)
        else:
            for number in record.numbers:
                inbound.pop(number, None)
    return [*receipts.values(), *inbound.values()], counts
