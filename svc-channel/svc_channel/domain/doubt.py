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

# A message that was in doubt this often is what breaks the link; it is given up in the end instead of sent for ever.
DOUBTS_LIMIT = 3

# A receipt may overtake the answer to its submit_sm; after this rest, an answer that still runs would have come.
ORPHAN_REST = timedelta(seconds=1)

# No peer holds a message for longer, so none tells of it later.
LATEST_RECEIPT = timedelta(days=7)


class DoubtPolicy(StrEnum):
    """What happens to a doubtful message that nothing proves accepted within the grace time."""

    RESEND = "resend"
    FAIL = "fail"
    """It ends as failed for UNKNOWN after the longer holding time, in which a receipt may still prove it."""
    HOLD = "hold"
    """It waits for a receipt for ever."""


# Why a message ends that was held in vain: nobody knows whether the subscriber got it.
UNKNOWN_FATE = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRules:
    """What is done about doubts, and after how long; marketing is nothing to send twice on a guess.

    ``repeatable`` are the lines whose peers know a message that is sent again: there it is no guess.
    """

    grace: timedelta
    hold: timedelta
    marketing: DoubtPolicy
    others: DoubtPolicy
    repeatable: frozenset[str] = frozenset()

    def policy_of(self, message_class: MessageClass, *, line: str) -> DoubtPolicy:
        """The policy for a message of a class that was on a line."""
        if line in self.repeatable:
            return DoubtPolicy.RESEND
        return self.marketing if message_class is MessageClass.MARKETING else self.others


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
    """What to do with the doubts looked at; those in no list go on waiting."""

    proofs: tuple[Proof, ...]
    resend: tuple[int, ...]
    given_up: tuple[Doubt, ...] = ()


def settle(
    doubts: Sequence[Doubt],
    orphans: Iterable[Orphan],
    *,
    now: datetime,
    listening_since: Mapping[str, datetime],
    rules: DoubtRules,
) -> Settlement:
    """Proves what the orphans prove; what is left after the grace time is sent again or given up as the policy says.

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
    given_up: list[Doubt] = []
    for msisdn, here in at_number.items():
        alone = _prove(here[0], rested[msisdn]) if len(here) == 1 else []
        proofs.extend(alone)
        for doubt in here:
            waited = _waited(doubt, now=now, listening_since=listening_since)
            if len(alone) >= len(doubt.open_parts) or waited is None:
                continue
            policy = rules.policy_of(doubt.message_class, line=doubt.line)
            if policy is DoubtPolicy.RESEND and waited >= rules.grace and doubt.resends < DOUBTS_LIMIT:
                resend.append(doubt.message_id)
            elif policy is not DoubtPolicy.HOLD and waited >= rules.hold and not alone:
                given_up.append(doubt)
    return Settlement(proofs=tuple(proofs), resend=tuple(resend), given_up=tuple(given_up))


def _prove(doubt: Doubt, orphans: Sequence[Orphan]) -> list[Proof]:
    """Gives receipts to open parts, lowest part first: one connection accepts the parts in their order."""
    later = sorted(
        (orphan for orphan in orphans if orphan.received_at >= doubt.claimed_at), key=lambda orphan: orphan.received_at
    )
    return [
        Proof(message_id=doubt.message_id, part=part, smsc_id=orphan.smsc_id, msisdn=doubt.msisdn)
        for part, orphan in zip(doubt.open_parts, later, strict=False)
    ]


def _waited(doubt: Doubt, *, now: datetime, listening_since: Mapping[str, datetime]) -> timedelta | None:
    """How long its line could have told us more; None while it is not up."""
    since = listening_since.get(doubt.line)
    return None if since is None else now - max(doubt.since, since)
