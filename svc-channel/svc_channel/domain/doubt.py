"""The policy for messages whose fate a broken link left open; decides from values, never asks the SMSC or a clock.

A receipt of an unknown SMSC id for the same destination proves that a doubtful message was accepted, if exactly one
doubtful message goes there: with two, nobody can say whose receipt it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from svc_channel.domain.channel import MessageClass

# A message that was in doubt this often is what breaks the link; it is held instead of sent for ever.
DOUBTS_LIMIT = 3

# A receipt may overtake the answer to its submit_sm; after this rest, an answer that still runs would have come.
ORPHAN_REST = timedelta(seconds=1)


class DoubtPolicy(StrEnum):
    """What happens to a doubtful message that nothing proves accepted within the grace time."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A message in doubt: the parts without an answer, and since when it was on the wire and in doubt."""

    message_id: int
    msisdn: str
    open_parts: tuple[int, ...]
    claimed_at: datetime
    since: datetime
    resends: int
    line: str = "smsc"
    message_class: MessageClass = MessageClass.MARKETING


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A receipt whose SMSC id belongs to no part."""

    smsc_id: str
    msisdn: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An orphan receipt adopted by a doubtful part."""

    message_id: int
    part: int
    smsc_id: str
    msisdn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What to do with the doubts looked at; those in neither list go on waiting."""

    proofs: tuple[Proof, ...]
    resend: tuple[int, ...]


def settle(
    doubts: Sequence[Doubt],
    orphans: Iterable[Orphan],
    *,
    now: datetime,
    listening_since: Mapping[str, datetime],
    grace: timedelta,
    policy: DoubtPolicy,
) -> Settlement:
    """Proves what the orphans prove; what is left after ``grace`` is sent again when the policy says so.

    The grace time runs only while the line that the message took is up; ``listening_since`` says since when, by line: a
    peer that is away can't tell what it accepted.
    """
    at_number: dict[str, list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        at_number[doubt.msisdn].append(doubt)
    rested: dict[str, list[Orphan]] = defaultdict(list)
    for orphan in orphans:
        if now - orphan.received_at >= ORPHAN_REST:
            rested[orphan.msisdn].append(orphan)
    proofs: list[Proof] = []
    resend: list[int] = []
    for msisdn, here in at_number.items():
        alone = _prove(here[0], rested[msisdn]) if len(here) == 1 else []
        proofs.extend(alone)
        resend.extend(
            doubt.message_id
            for doubt in here
            if len(alone) < len(doubt.open_parts)
            and _sends_again(doubt, now=now, listening_since=listening_since, grace=grace, policy=policy)
        )
    return Settlement(proofs=tuple(proofs), resend=tuple(resend))


def _prove(doubt: Doubt, orphans: Sequence[Orphan]) -> list[Proof]:
    """Gives receipts to open parts, lowest part first: one connection accepts the parts in their order."""
    later = sorted(
        (orphan for orphan in orphans if orphan.received_at >= doubt.claimed_at), key=lambda orphan: orphan.received_at
    )
    return [
        Proof(message_id=doubt.message_id, part=part, smsc_id=orphan.smsc_id, msisdn=doubt.msisdn)
        for part, orphan in zip(doubt.open_parts, later, strict=False)
    ]


def _sends_again(
    doubt: Doubt, *, now: datetime, listening_since: Mapping[str, datetime], grace: timedelta, policy: DoubtPolicy
) -> bool:
    since = listening_since.get(doubt.line)
    if policy is DoubtPolicy.HOLD or since is None or doubt.resends >= DOUBTS_LIMIT:
        return False
    return now - max(doubt.since, since) >= grace
