"""Settles messages in doubt: proved by an orphan receipt, sent again, or left waiting; never asks the SMSC."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.plans import prefer_indexes
from svc_channel.app.facts import tell_ended, tell_in_doubt
from svc_channel.domain.doubt import LATEST_RECEIPT, UNKNOWN_FATE, Doubt, DoubtRules, Proof, settle
from svc_channel.domain.submission import Answer, AnsweredMessage, PartAnswer
from svc_channel.store.doubts import fetch_doubts, fetch_orphans, resend
from svc_channel.store.messages import settle_messages
from svc_channel.store.orphans import find_late
from svc_channel.store.parts import book_answers

# One transaction's worth: as many as a window and the claims behind it leave open, several times over.
PAGE_ROWS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledPage:
    """What one page of doubts came to; ``waiting`` are still in doubt."""

    seen: int
    proved: int
    resent: int
    given_up: int = 0
    waiting: int


async def settle_doubts(
    unit: UnitOfWork,
    *,
    now: datetime,
    listening_since: Mapping[str, datetime],
    rules: DoubtRules,
    offset: int,
) -> SettledPage:
    """Settles a page of doubts and tells MessagesEnded and MessagesInDoubt of what follows."""
    await prefer_indexes(unit)
    doubts = await fetch_doubts(unit, limit=PAGE_ROWS, offset=offset)
    if not doubts:
        return SettledPage(seen=0, proved=0, resent=0, waiting=0)
    orphans = await fetch_orphans(unit, sorted({doubt.msisdn for doubt in doubts}))
    late = await find_late(unit, orphans, since=now - LATEST_RECEIPT)
    orphans = [one for one in orphans if one not in late]
    settlement = settle(doubts, orphans, now=now, listening_since=listening_since, rules=rules)
    proved = _answers(settlement.proofs, {doubt.message_id: doubt.line for doubt in doubts})
    given_up = [_surrender(doubt) for doubt in settlement.given_up]
    await book_answers(unit, [*proved, *given_up], now=now)
    resent = await resend(unit, settlement.resend, now=now)
    await tell_in_doubt(unit, resent, now=now)
    ended = await settle_messages(unit, [message.message_id for message in (*proved, *given_up)], now=now)
    await tell_ended(unit, ended, now=now)
    proofs = Counter(proof.message_id for proof in settlement.proofs)
    leaving = {*settlement.resend, *(doubt.message_id for doubt in settlement.given_up)} | {
        one.message_id for one in doubts if proofs[one.message_id] == len(one.open_parts)
    }
    return SettledPage(
        seen=len(doubts),
        proved=len(proved),
        resent=len(resent),
        given_up=len(given_up),
        waiting=len(doubts) - len(leaving),
    )


def _surrender(doubt: Doubt) -> AnsweredMessage:
    """Ends every part that nobody answered; what the peer did take of it no longer matters."""
    parts = [PartAnswer(part=part, answer=Answer.REFUSED, reason=UNKNOWN_FATE) for part in doubt.open_parts]
    return AnsweredMessage(message_id=doubt.message_id, msisdn=doubt.msisdn, parts=tuple(parts), line=doubt.line)


def _answers(proofs: Sequence[Proof], lines: Mapping[int, str]) -> list[AnsweredMessage]:
    """A proof is the answer that the link lost."""
    by_message: dict[tuple[int, str], list[PartAnswer]] = defaultdict(list)
    for proof in proofs:
        answer = PartAnswer(part=proof.part, answer=Answer.ACCEPTED, smsc_id=proof.smsc_id)
        by_message[proof.message_id, proof.msisdn].append(answer)
    return [
        AnsweredMessage(message_id=message_id, msisdn=msisdn, parts=tuple(parts), line=lines[message_id])
        for (message_id, msisdn), parts in by_message.items()
    ]
