"""What the SMSC's answer to a submit_sm means for the part and for its message; must not know how it travelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from svc_channel.domain.smpp import statuses

# A message the SMSC keeps failing on is not worth more; throttling and lost links do not count.
TRANSIENT_TRIES_LIMIT = 10

# Errors of the SMSC's own that the next try may not meet.
TRANSIENT = frozenset({statuses.SYSTEM_ERROR, statuses.TEMPORARY_APPLICATION_ERROR})


class Answer(IntEnum):
    """What one part's submission came to, the one that decides over the others last."""

    ACCEPTED = 0
    REFUSED = 1
    """Permanent: sending it again brings the same answer."""
    UNSENT = 2
    """The link was gone before it was written."""
    THROTTLED = 3
    """Not accepted: the SMSC asks for patience."""
    TRANSIENT = 4
    """Not accepted: the SMSC failed."""
    LOST = 5
    """Written to the wire and never answered: it may or may not have been accepted."""


class Verdict(IntEnum):
    """What the answers of all its parts mean for a message."""

    ANSWERED = 0
    UNSENT = 2
    THROTTLED = 3
    TRANSIENT = 4
    DOUBT = 5


# Seconds until a message that was not accepted is tried again; a lost link is its own pause.
PAUSE_SECONDS = {Verdict.UNSENT: 0.0, Verdict.THROTTLED: 1.0, Verdict.TRANSIENT: 5.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAnswer:
    """The answer to one part: the SMSC's message id when accepted, the reason when not."""

    part: int
    answer: Answer
    smsc_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredMessage:
    """A message and the parts of it that the SMSC answered for good: accepted or refused."""

    message_id: int
    msisdn: str
    parts: tuple[PartAnswer, ...]


def answer_of(*, part: int, status: int, smsc_id: str, attempts: int) -> PartAnswer:
    """Reads a submit_sm_resp. ``attempts`` says how often the message has been tried, this time included."""
    if status == statuses.OK and smsc_id:
        return PartAnswer(part=part, answer=Answer.ACCEPTED, smsc_id=smsc_id)
    if status == statuses.OK:
        # Accepted, but no receipt can ever name it: the message would stay open for good.
        return PartAnswer(part=part, answer=Answer.REFUSED, reason="NO_SMSC_ID")
    reason = statuses.status_name(status)
    if status in statuses.THROTTLING:
        return PartAnswer(part=part, answer=Answer.THROTTLED, reason=reason)
    if status in TRANSIENT and attempts < TRANSIENT_TRIES_LIMIT:
        return PartAnswer(part=part, answer=Answer.TRANSIENT, reason=reason)
    return PartAnswer(part=part, answer=Answer.REFUSED, reason=reason)


def verdict_of(answers: Iterable[Answer]) -> Verdict:
    """One part in doubt puts its message in doubt; else one part to send again brings it back to the queue."""
    worst = max(answers, default=Answer.ACCEPTED)
    return Verdict.ANSWERED if worst <= Answer.REFUSED else Verdict(worst)
