"""What subscribers allow us to send them, and what they have withdrawn; judges values, and knows no table and no clock."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from carillon_chassis.errors import InvalidInput

# A document's reference or what a person wrote: the longest text message that there is has 1,224 characters.
TEXT_LIMIT = 2_000
EVIDENCE_LIMIT = 200
MARKETING: Final = "marketing"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class ScopeKind(StrEnum):
    """How far a consent or an opt-out reaches."""

    ALL = "all"
    """Every channel and every category."""
    CHANNEL = "channel"
    CATEGORY = "category"
    """Messages about one thing, such as ``music``, by whatever channel."""
    DO_NOT_DISTURB = "do_not_disturb"
    """Kept apart from ALL: an operator sets it, and no keyword of the subscriber's lifts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a consent is about, such as ``all``, ``channel:sms`` or ``category:music``."""

    kind: ScopeKind
    name: str = ""

    def __post_init__(self) -> None:
        is_named = self.kind in {ScopeKind.CHANNEL, ScopeKind.CATEGORY}
        if is_named != bool(self.name) or (self.name and not _NAME.fullmatch(self.name)):
            raise InvalidInput(
                reason="SCOPE_INVALID",
                field="scope",
                detail="a scope is all, do_not_disturb, channel:NAME or category:NAME, the name in small letters",
            )

    @property
    def key(self) -> str:
        """The scope in one word, as it is kept and told."""
        return f"{self.kind}:{self.name}" if self.name else self.kind.value


EVERYTHING: Final = Scope(kind=ScopeKind.ALL)
DO_NOT_DISTURB: Final = Scope(kind=ScopeKind.DO_NOT_DISTURB)


def read_scope(key: str) -> Scope:
    """The scope behind its one word. Raises InvalidInput SCOPE_INVALID."""
    kind, colon, name = key.partition(":")
    if kind not in set(ScopeKind) or (colon and not name):
        raise InvalidInput(
            reason="SCOPE_INVALID",
            field="scope",
            detail="a scope is all, do_not_disturb, channel:NAME or category:NAME",
        )
    return Scope(kind=ScopeKind(kind), name=name)


class ConsentState(StrEnum):
    """What was said last about a scope; nothing said is no objection."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class ConsentSource(StrEnum):
    """How we know; it says what the evidence is."""

    INBOUND = "inbound"
    """A message of the subscriber's: the evidence is its id."""
    OPERATOR = "operator"
    """Somebody booked it for the subscriber: the evidence is their reference, such as a form's or a call's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange:
    """One line of the ledger, with its proof: who, what, when, by which message or person, and the text seen.

    Raises InvalidInput: SCOPE_INVALID, EVIDENCE_MISSING, EVIDENCE_TOO_LONG or TEXT_TOO_LONG.
    """

    subscriber_id: int
    scope: Scope
    state: ConsentState
    at: datetime
    source: ConsentSource
    evidence: str
    actor: str = ""
    """The client that booked it; empty for a message of the subscriber's."""
    text: str = ""
    """What the subscriber wrote or was shown."""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise _refused(
                "EVIDENCE_MISSING", "evidence", "a consent without a proof is none; name the form or the call"
            )
        if len(self.evidence) > EVIDENCE_LIMIT:
            raise _refused("EVIDENCE_TOO_LONG", "evidence", f"at most {EVIDENCE_LIMIT} characters")
        if len(self.text) > TEXT_LIMIT:
            raise _refused("TEXT_TOO_LONG", "text", f"at most {TEXT_LIMIT} characters")


def may_send(*, message_class: str, channel: str, category: str, withdrawn: Collection[str]) -> bool:
    """Whether a message may go to somebody who has ``withdrawn`` these scopes (by key).

    Only marketing needs leave: an order's confirmation and an answer were asked for. Each scope stands by itself, so a
    grant of everything gives back no category that was withdrawn on its own.
    """
    if message_class != MARKETING:
        return True
    return not any(key in withdrawn for key in scopes_of(channel=channel, category=category))


def scopes_of(*, channel: str, category: str) -> list[str]:
    """The keys of all scopes that a message falls under."""
    scopes = [EVERYTHING.key, DO_NOT_DISTURB.key, Scope(kind=ScopeKind.CHANNEL, name=channel).key]
    return [*scopes, Scope(kind=ScopeKind.CATEGORY, name=category).key] if category else scopes


def _refused(reason: str, field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
