"""What a peer's answer to a submitted part means for it and for its message; must not know how it travelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

# A message the peer keeps failing on is not worth more; throttling and lost links do not count.
TRANSIENT_TRIES_LIMIT = 10

NO_PEER_ID = "NO_SMSC_ID"
"""The peer accepted and named no id."""


class Answer(IntEnum):
    """What one part's submission came to, the one that decides over the others last."""

    ACCEPTED = 0
    REFUSED = 1
    """Permanent: sending it again brings the same answer."""
    UNSENT = 2
    """The link was gone before it was written."""
    PACED = 3
    """Held back: a rate of our own was used up."""
    THROTTLED = 4
    """Not accepted: the peer asks for patience."""
    TRANSIENT = 5
    """Not accepted: the peer failed."""
    LOST = 6
    """Written to the wire and never answered: it may or may not have been accepted."""


class Verdict(IntEnum):
    """What the answers of all its parts mean for a message."""

    ANSWERED = 0
    UNSENT = 2
    PACED = 3
    THROTTLED = 4
    TRANSIENT = 5
    DOUBT = 6


# Seconds until a message that was not accepted is tried again; a lost link is its own pause.
PAUSE_SECONDS = {Verdict.UNSENT: 0.0, Verdict.PACED: 1.0, Verdict.THROTTLED: 1.0, Verdict.TRANSIENT: 5.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAnswer:
    """The answer to one part: the peer's message id when accepted, the reason when not."""

    part: int
    answer: Answer
    smsc_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredMessage:
    """A message and the parts of it that the peer answered for good: accepted or refused."""

    message_id: int
    msisdn: str
    parts: tuple[PartAnswer, ...]
    step: int | None = None
    """Which way of its chain it took; None where it is the one that it takes now, as of a receipt that proves a doubt."""
    line: str = ""
    """Over which line its parts went."""


def worth_another_try(answer: Answer, *, attempts: int) -> Answer:
    """The answer, refused where the peer has failed on the message too often; ``attempts`` counts this one too."""
    return Answer.REFUSED if answer is Answer.TRANSIENT and attempts >= TRANSIENT_TRIES_LIMIT else answer


def verdict_of(answers: Iterable[Answer]) -> Verdict:
    """One part in doubt puts its message in doubt; else one part to send again brings it back to the queue."""
    worst = max(answers, default=Answer.ACCEPTED)
    return Verdict.ANSWERED if worst <= Answer.REFUSED else Verdict(worst)
