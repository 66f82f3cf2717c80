"""A batch of messages as handed in, and each row of it once a number and a part count are known; pure values."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from uuid import UUID

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.channel import DEFAULT_ROUTE, Channel, MessageClass
from svc_channel.domain.fallback import Alternative, check_chain

# What the protocol promises; one COPY of this many rows takes well under a second.
BATCH_ROWS_LIMIT = 5_000
# Handsets must put more parts together than any marketing text needs; 8 is 1,224 GSM-7 or 536 UCS-2 characters.
PARTS_LIMIT = 8

NO_NUMBER = "NO_NUMBER"
TEXT_EMPTY = "TEXT_EMPTY"
TEXT_UNSENDABLE = "TEXT_UNSENDABLE"
TEXT_TOO_LONG = "TEXT_TOO_LONG"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingBatch:
    """One batch of a campaign: ``subscriber_ids``, ``texts`` and ``contents`` (if any) are columns of one length.

    ``contents`` are what the messages of a channel other than SMS carry, as JSON; ``cell`` names the cell of the
    network that they are for (CHN-15); nothing goes out after ``expires_at``.
    ``pushes`` are the contents of the WAP pushes and ``fallbacks`` the SMS that follow, in this order, where the channel
    fails; ``category`` is what the messages are about.

    Raises InvalidInput: BATCH_EMPTY, BATCH_TOO_LARGE, BATCH_RAGGED, SUBSCRIBER_ID_ZERO or CHAIN_INVALID.
    """

    campaign_id: UUID
    number: int
    sender: str
    subscriber_ids: tuple[int, ...]
    texts: tuple[str, ...]
    contents: tuple[bytes | None, ...] = ()
    channel: Channel = Channel.SMS
    message_class: MessageClass = MessageClass.MARKETING
    expires_at: datetime | None = None
    cell: str = ""
    category: str = ""
    fallbacks: tuple[str | None, ...] = ()
    pushes: tuple[bytes | None, ...] = ()

    def __post_init__(self) -> None:
        rows = len(self.subscriber_ids)
        if rows == 0:
            raise _refused("BATCH_EMPTY", "a batch holds at least one message")
        if rows > BATCH_ROWS_LIMIT:
            raise _refused(
                "BATCH_TOO_LARGE", f"a batch holds at most {BATCH_ROWS_LIMIT} messages, not {rows}; split it"
            )
        if rows != len(self.texts):
            raise _refused("BATCH_RAGGED", f"{rows} subscriber ids stand beside {len(self.texts)} texts")
        for name, column in (("contents", self.contents), ("pushes", self.pushes), ("fallbacks", self.fallbacks)):
            if column and rows != len(column):
                raise _refused("BATCH_RAGGED", f"{rows} subscriber ids stand beside {len(column)} {name}")
        check_chain(self.chain)
        if 0 in self.subscriber_ids:
            raise _refused("SUBSCRIBER_ID_ZERO", "subscriber ids start at 1; leave out rows without a subscriber")

    @property
    def chain(self) -> tuple[Channel, ...]:
        """The channels of the batch in the order in which a message goes down them."""
        push = (Channel.WAP_PUSH,) if any(self.pushes) else ()
        return (self.channel, *push, *((Channel.SMS,) if any(self.fallbacks) else ()))

    def rows(self) -> Iterator[tuple[int, str, bytes | None]]:
        """Subscriber id, text and content of each row."""
        contents = self.contents or repeat(None)
        return zip(self.subscriber_ids, self.texts, contents, strict=bool(self.contents))

    def content_hash(self) -> bytes:
        """SHA-256 over the meaning (sender, ids, texts, ...), so that another encoding of the same rows is a replay."""
        digest = hashlib.sha256(self.sender.encode())
        digest.update(repr(self.subscriber_ids).encode())
        for text in self.texts:
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(4, "big"))
            digest.update(encoded)
        self._add_what_is_rare(digest)
        return digest.digest()

    def _add_what_is_rare(self, digest: "hashlib._Hash") -> None:
        """Adds nothing for plain marketing by SMS, so batches taken before there were other kinds keep their hashes."""
        kind = (self.channel.value, self.message_class.value, self.expires_at, self.cell, self.contents)
        if kind != (Channel.SMS.value, MessageClass.MARKETING.value, None, "", ()):
            digest.update(repr(kind).encode())
        if self.category or self.fallbacks:
            digest.update(repr((self.category, self.fallbacks)).encode())
        if self.pushes:
            digest.update(repr(self.pushes).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done with one row: sent in ``parts`` parts to ``msisdn``, or ended at once for ``failure``.

    ``content`` goes in place of the row's own, where that is fitted to a handset; ``instead`` is what goes in place of
    all of it, to a handset that could not show the ``left_out`` ways before it.
    """

    msisdn: str = ""
    parts: int = 0
    failure: str = ""
    route: str = DEFAULT_ROUTE
    fallback: str | None = None
    """The JSON of what may follow."""
    content: bytes | None = None
    instead: Alternative | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was booked as failed, by its position in the batch, from 0, and the reason."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBatch:
    """What a batch came to: rows booked, those among them that can't be sent, and whether they had been booked before.

    ``refused`` is said once: of a batch that had been taken before it is empty.
    """

    number: int
    accepted: int
    replayed: bool
    refused: tuple[RefusedRow, ...] = ()


def _refused(reason: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field="arrow_ipc", detail=detail)
