"""What becomes of one message and of its parts: the states, their transitions, and how parts decide; does no I/O."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from carillon_chassis.errors import StateRefused

# The campaign of messages that are in none: answers to words, and what was asked for one by one.
NO_CAMPAIGN: Final = UUID(int=0)


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    """Durable, waiting to be claimed."""
    SENDING = "sending"
    """Claimed by a sender; some of its parts may be on the wire."""
    IN_DOUBT = "in_doubt"
    """It may have been on the wire when the link or the process broke, and no answer came."""
    SENT = "sent"
    """Every part is answered by the SMSC; a final receipt is missing for at least one."""
    DELIVERED = "delivered"
    FAILED = "failed"


# Every move there is; whatever is not listed is refused.
TRANSITIONS: Final[Mapping[MessageState, frozenset[MessageState]]] = {
    MessageState.QUEUED: frozenset(
        {
            MessageState.SENDING,
            MessageState.FAILED,  # its time was over or its receiver opted out before it was sent
        }
    ),
    MessageState.SENDING: frozenset(
        {
            MessageState.QUEUED,  # the SMSC asked for patience, or the link went before anything was written
            MessageState.IN_DOUBT,
            MessageState.SENT,
            MessageState.DELIVERED,  # the receipt and the answer came in one flush
            MessageState.FAILED,
        }
    ),
    MessageState.IN_DOUBT: frozenset(
        {
            MessageState.QUEUED,  # nothing proved acceptance within the grace time, and the policy sends again
            MessageState.SENT,  # a receipt proved it, or the answer came late
            MessageState.DELIVERED,
            MessageState.FAILED,
        }
    ),
    MessageState.SENT: frozenset(
        {
            MessageState.DELIVERED,
            MessageState.FAILED,
            MessageState.QUEUED,  # its channel failed, and the next of its chain takes over
        }
    ),
    MessageState.DELIVERED: frozenset(),
    MessageState.FAILED: frozenset(),
}

ENDED: Final = frozenset({MessageState.DELIVERED, MessageState.FAILED})


def check_transition(source: MessageState, target: MessageState) -> None:
    """Raises StateRefused (MESSAGE_TRANSITION) when a message may not go from ``source`` to ``target``."""
    if target not in TRANSITIONS[source]:
        raise StateRefused(
            reason="MESSAGE_TRANSITION",
            field="state",
            detail=f"a message does not go from {source} to {target}",
            metadata={"from": source, "to": target},
        )


def sources_of(*targets: MessageState) -> list[MessageState]:
    """The states from which a message may go to every one of ``targets``; the store puts them in its WHERE."""
    return [state for state in MessageState if all(target in TRANSITIONS[state] for target in targets)]


class PartState(StrEnum):
    """Where one part (one submit_sm) stands; declared from best to worst, and the worst part decides."""

    SENT = "sent"
    """Answered by the SMSC, no final receipt yet; the only state that is not final."""
    DELIVERED = "delivered"
    EXPIRED = "expired"
    DELETED = "deleted"
    UNKNOWN = "unknown"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"
    REFUSED = "refused"
    """The SMSC answered the submit_sm with an error that sending again can't cure."""


SEVERITY: Final[Mapping[PartState, int]] = {state: rank for rank, state in enumerate(PartState)}


def worst_of(parts: Collection[PartState]) -> PartState:
    """The worst of the parts' states. Raises ValueError on no parts."""
    return max(parts, key=SEVERITY.__getitem__)


def state_after(*, current: MessageState, parts_total: int, parts: Collection[PartState]) -> MessageState:
    """The state of a message of ``parts_total`` parts of which ``parts`` are answered.

    It ends only when all its parts are final, and then as its worst part did.
    """
    if len(parts) < parts_total:
        return current
    if PartState.SENT in parts:
        return MessageState.SENT
    return MessageState.DELIVERED if worst_of(parts) is PartState.DELIVERED else MessageState.FAILED
