"""An append-only journal of a simulator and its reader: the truth of what was accepted, for whom; must not be rewritten.

One JSON object a line. What is appended survives SIGKILL as soon as ``flush`` returns, because it is with the kernel;
a power cut is not this simulator's concern. A line cut by a kill in the middle is dropped on the next start: nothing
was answered for it yet.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svc_channel.domain.smpp.pdus import ESM_UDHI
from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.domain.text.decoding import DecodedText, decode_text
from svc_channel.simulators.cut_lines import drop_cut_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A submit answered with OK under ``message_id``; ``at`` in seconds since 1970, ``state`` is how it will end.

    ``data_coding`` and ``esm_class`` are the protocol's own: an ISMG writes Msg_Fmt and, for TP_udhi, ESM_UDHI.
    """

    message_id: str
    at: float
    source: str
    destination: str
    data_coding: int
    esm_class: int
    short_message: bytes
    receipt_wanted: bool
    state: MessageState

    @property
    def decoded(self) -> DecodedText:
        """The text as SMPP's codes have it, and its place when it is one part of a longer one."""
        return decode_text(self.short_message, data_coding=self.data_coding, has_header=bool(self.esm_class & ESM_UDHI))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One short message of a subscriber (an MO, or one part of a long one), taken under ``number``."""

    number: int
    at: float
    source: str
    destination: str
    data_coding: int
    esm_class: int
    short_message: bytes


@dataclass(frozen=True, slots=True)
class ReceiptsAcknowledged:
    """Receipts the client answered with OK."""

    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InboundAcknowledged:
    """Subscribers' messages the client answered with OK."""

    numbers: tuple[int, ...]


Record = Accepted | Inbound | ReceiptsAcknowledged | InboundAcknowledged

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Journal:
    """Appends records; ``flush`` before anything they stand for is answered."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        drop_cut_line(self._file)
        self._pending: list[str] = []

    def append(self, record: Record) -> None:
        """Takes a record; it is durable after the next flush."""
        self._pending.append(_encode(_rendered(record)))

    def flush(self) -> None:
        """Writes what was appended, in one call."""
        if not self._pending:
            return
        octets = memoryview(("\n".join(self._pending) + "\n").encode("ascii"))
        self._pending.clear()
        while octets:
            octets = octets[os.write(self._file, octets) :]

    def close(self) -> None:
        """Flushes and closes."""
        self.flush()
        os.close(self._file)


def read_journal(path: Path) -> Iterator[Record]:
    """Yields every whole record in order; works while a simulator writes, an unfinished last line is left out."""
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield _parsed(json.loads(line))


def _rendered(record: Record) -> dict[str, Any]:
    if isinstance(record, ReceiptsAcknowledged):
        return {"record": "receipts_acknowledged", "ids": record.message_ids}
    if isinstance(record, InboundAcknowledged):
        return {"record": "inbound_acknowledged", "numbers": record.numbers}
    shared = {
        "at": record.at,
        "from": record.source,
        "to": record.destination,
        "coding": record.data_coding,
        "esm": record.esm_class,
        "octets": record.short_message.hex(),
    }
    if isinstance(record, Inbound):
        return {"record": "inbound", "number": record.number, **shared}
    return {
        "record": "accepted",
        "id": record.message_id,
        **shared,
        "receipt": record.receipt_wanted,
        "state": record.state.name,
    }


def _parsed(line: dict[str, Any]) -> Record:
    kind = line["record"]
    if kind == "receipts_acknowledged":
        return ReceiptsAcknowledged(tuple(line["ids"]))
    if kind == "inbound_acknowledged":
        return InboundAcknowledged(tuple(line["numbers"]))
    shared: dict[str, Any] = {
        "at": line["at"],
        "source": line["from"],
        "destination": line["to"],
        "data_coding": line["coding"],
        "esm_class": line["esm"],
        "short_message": bytes.fromhex(line["octets"]),
    }
    if kind == "inbound":
        return Inbound(number=line["number"], **shared)
    state = MessageState[line["state"]]
    return Accepted(message_id=line["id"], receipt_wanted=line["receipt"], state=state, **shared)
