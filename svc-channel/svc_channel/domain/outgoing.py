"""A batch of messages as handed in, and each row of it once a number and a part count are known; pure values."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from carillon_chassis.errors import InvalidInput

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
    """One batch of a campaign: ``subscriber_ids`` and ``texts`` are columns of one length.

    Raises InvalidInput: BATCH_EMPTY, BATCH_TOO_LARGE, BATCH_RAGGED or SUBSCRIBER_ID_ZERO.
    """

    campaign_id: UUID
    number: int
    sender: str
    subscriber_ids: tuple[int, ...]
    texts: tuple[str, ...]

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
        if 0 in self.subscriber_ids:
            raise _refused("SUBSCRIBER_ID_ZERO", "subscriber ids start at 1; leave out rows without a subscriber")

    def content_hash(self) -> bytes:
        """SHA-256 over the meaning (sender, ids, texts), so that another encoding of the same rows is a replay."""
        digest = hashlib.sha256(self.sender.encode())
        digest.update(repr(self.subscriber_ids).encode())
        for text in self.texts:
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(4, "big"))
            digest.update(encoded)
        return digest.digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done with one row: sent in ``parts`` parts to ``msisdn``, or ended at once for ``failure``."""

    msisdn: str = ""
    parts: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBatch:
    """What a batch came to: rows booked, and whether they had been booked before."""

    number: int
    accepted: int
    replayed: bool


def _refused(reason: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field="arrow_ipc", detail=detail)
