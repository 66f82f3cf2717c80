"""The hash chain of the audit log: each entry seals the one before; pure, so that an export can be checked alone."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

# What the first entry seals: nothing came before.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who did what, when, and how it ended. ``target`` is the path with numbers masked, ``outcome`` the HTTP status."""

    at: datetime
    subject: str
    role: str
    branch: str
    action: str
    target: str
    outcome: int
    reason: str
    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedEntry:
    """An entry at its place in the chain."""

    sequence: int
    entry: Entry
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last place of the chain; sequence 0 stands before the first entry."""

    sequence: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Where a chain no longer holds, and how one can tell."""

    sequence: int
    detail: str


def seal(sequence: int, previous_hash: str, entry: Entry) -> str:
    """SHA-256, in hex, over the place, the seal before and every field in canonical JSON."""
    content = [
        sequence,
        previous_hash,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.subject,
        entry.role,
        entry.branch,
        entry.action,
        entry.target,
        entry.outcome,
        entry.reason,
        entry.request_id,
        entry.trace_id,
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


def link(entries: Sequence[Entry], head: Head) -> Iterator[LinkedEntry]:
    """The entries, each chained to the one before, the first to ``head``."""
    sequence, previous = head.sequence, head.hash
    for entry in entries:
        sequence += 1
        sealed = seal(sequence, previous, entry)
        yield LinkedEntry(sequence=sequence, entry=entry, previous_hash=previous, hash=sealed)
        previous = sealed


def follow(chain: Iterable[LinkedEntry], start: Head) -> Head | Break:
    """Checks a stretch of the chain that begins after ``start``: its last place, or the first break."""
    sequence, previous = start.sequence, start.hash
    for linked in chain:
        if linked.sequence != sequence + 1:
            return Break(sequence=sequence + 1, detail=f"entry {sequence + 1} is gone")
        if linked.previous_hash != previous:
            return Break(sequence=linked.sequence, detail="the entry does not seal the one before it")
        if seal(linked.sequence, previous, linked.entry) != linked.hash:
            return Break(sequence=linked.sequence, detail="the entry was changed after it was sealed")
        sequence, previous = linked.sequence, linked.hash
    return Head(sequence=sequence, hash=previous)


def find_break(chain: Iterable[LinkedEntry], head: Head) -> Break | None:
    """The first place where a whole chain was tampered with, or None; ``head`` shows a cut-off end."""
    end = follow(chain, Head())
    return end if isinstance(end, Break) else compare_end(end, head)


def compare_end(end: Head, head: Head) -> Break | None:
    """A break where the entries end elsewhere than the head says."""
    if end == head:
        return None
    return Break(sequence=end.sequence + 1, detail=f"the chain ends at {end.sequence}, its head says {head.sequence}")
