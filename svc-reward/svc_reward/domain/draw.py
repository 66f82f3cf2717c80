"""A draw and its states, each change with its own condition; it must not know where draws and entries are kept.

The operator commits to a secret seed before the first entry. At the close entrants are frozen into a Merkle root, then
another person contributes a second seed, and only then is the first one revealed: neither could choose the winners.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from carillon_chassis.errors import InvalidInput, PermissionRefused, StateRefused
from svc_reward.domain.draw_entrant import SALT_BYTES
from svc_reward.domain.draw_rule import DrawRule
from svc_reward.domain.draw_selection import SEED_BYTES, draw_key

MAX_REASON_LENGTH = 200
REVEAL_MISSED = "REVEAL_MISSED"


class DrawState(StrEnum):
    """Where a draw stands."""

    DRAFT = "draft"
    OPEN = "open"
    FROZEN = "frozen"
    SEEDED = "seeded"
    DRAWN = "drawn"
    VOID = "void"


TRANSITIONS: Mapping[DrawState, frozenset[DrawState]] = MappingProxyType(
    {
        DrawState.DRAFT: frozenset({DrawState.OPEN, DrawState.VOID}),
        DrawState.OPEN: frozenset({DrawState.FROZEN, DrawState.VOID}),
        DrawState.FROZEN: frozenset({DrawState.SEEDED, DrawState.VOID}),
        DrawState.SEEDED: frozenset({DrawState.DRAWN, DrawState.VOID}),
        # A result is never taken back, and a void draw never comes to life again: the operator makes a new one.
        DrawState.DRAWN: frozenset(),
        DrawState.VOID: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The entrants at the close: how many, with how many tickets, and their Merkle root."""

    entrants: int
    tickets: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A draw as it stands. ``salt`` is secret for ever: with it a token would give its subscriber away."""

    rule: DrawRule
    branch: str
    maker: str
    salt: bytes
    changed_at: datetime
    state: DrawState = DrawState.DRAFT
    opener: str = ""
    commitment: bytes = b""
    frozen: Frozen | None = None
    contributor: str = ""
    second_seed: bytes = b""
    revealer: str = ""
    first_seed: bytes = b""
    void_reason: str = ""

    def opened(self, *, commitment: bytes, by: str, at: datetime) -> "Draw":
        """Takes entries from now on, under a seed that nobody but its owner knows."""
        self._require(DrawState.OPEN)
        _check_length("commitment", commitment)
        if at >= self.rule.closes_at:
            raise StateRefused(
                reason="DRAW_CLOSED", field="closes_at", detail="the draw would open after its close; make a new one"
            )
        return replace(self, state=DrawState.OPEN, commitment=commitment, opener=by, changed_at=at)

    def require_entries(self, *, at: datetime) -> None:
        """Raises StateRefused DRAW_NOT_OPEN or DRAW_CLOSED unless an entry may come in now."""
        if self.state is not DrawState.OPEN:
            raise StateRefused(
                reason="DRAW_NOT_OPEN", field="draw_id", detail=f"the draw is {self.state} and takes no entries"
            )
        if at >= self.rule.closes_at:
            raise StateRefused(reason="DRAW_CLOSED", field="draw_id", detail=f"entries ended at {self.rule.closes_at}")

    def require_close(self, *, at: datetime) -> None:
        """Raises StateRefused unless the entrants may be frozen now: an early close would cheat who comes late."""
        self._require(DrawState.FROZEN)
        if at < self.rule.closes_at:
            raise StateRefused(
                reason="DRAW_CLOSES_LATER", field="draw_id", detail=f"entries are open until {self.rule.closes_at}"
            )

    def closed(self, frozen: Frozen, *, at: datetime) -> "Draw":
        """The entrants are what they are."""
        self.require_close(at=at)
        return replace(self, state=DrawState.FROZEN, frozen=frozen, changed_at=at)

    def seeded(self, *, second_seed: bytes, by: str, at: datetime) -> "Draw":
        """A second party's seed, given without knowing the first. Raises PermissionRefused SECOND_PARTY_REQUIRED."""
        self._require(DrawState.SEEDED)
        _check_length("seed", second_seed)
        if by in {self.maker, self.opener}:
            raise PermissionRefused(
                reason="SECOND_PARTY_REQUIRED",
                field="seed",
                detail="who made or opened the draw may know the first seed; somebody else contributes the second",
            )
        self._require_before_deadline(at)
        return replace(self, state=DrawState.SEEDED, second_seed=second_seed, contributor=by, changed_at=at)

    def drawn(self, *, first_seed: bytes, by: str, at: datetime) -> "Draw":
        """The first seed is out, so the winners are certain. Raises InvalidInput SEED_NOT_COMMITTED."""
        self._require(DrawState.DRAWN)
        _check_length("seed", first_seed)
        if by == self.contributor:
            raise PermissionRefused(
                reason="SECOND_PARTY_REQUIRED",
                field="seed",
                detail="who contributed the second seed may not reveal the first",
            )
        self._require_before_deadline(at)
        if hashlib.sha256(first_seed).digest() != self.commitment:
            raise InvalidInput(
                reason="SEED_NOT_COMMITTED",
                field="seed",
                detail="the SHA-256 of this seed is not the commitment that the draw was opened with",
            )
        return replace(self, state=DrawState.DRAWN, first_seed=first_seed, revealer=by, changed_at=at)

    def voided(self, *, reason: str, at: datetime) -> "Draw":
        """Nobody wins; the reason is public."""
        self._require(DrawState.VOID)
        if not 1 <= len(reason) <= MAX_REASON_LENGTH or not reason.isprintable():
            raise InvalidInput(
                reason="DRAW_REASON_INVALID",
                field="reason",
                detail=f"say in 1 to {MAX_REASON_LENGTH} printable characters why nobody wins",
            )
        return replace(self, state=DrawState.VOID, void_reason=reason, changed_at=at)

    def require_stranger(self, by: str) -> None:
        """Raises PermissionRefused once entrants are frozen for who may know the first seed, and so the winners."""
        if self.frozen is not None and by in {self.maker, self.opener, self.contributor}:
            raise PermissionRefused(
                reason="SECOND_PARTY_REQUIRED",
                field="draw_id",
                detail="the entrants are frozen, so somebody who had no part in the draw has to void it",
            )

    def is_overdue(self, *, at: datetime) -> bool:
        """Whether the reveal was missed, so that the draw is void: else who dislikes the winners would wait for ever."""
        return DrawState.VOID in TRANSITIONS[self.state] and at >= self.rule.reveal_by

    @property
    def key(self) -> bytes:
        """What the winners come from; only a drawn draw has it."""
        if self.frozen is None or not self.first_seed:
            raise ValueError("a draw has its key when both seeds and the root are known")
        return draw_key(
            first_seed=self.first_seed,
            second_seed=self.second_seed,
            root=self.frozen.root,
            rule_hash=self.rule.digest(),
        )

    def _require(self, target: DrawState) -> None:
        if target not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="DRAW_STATE", field="draw_id", detail=f"a draw that is {self.state} can't become {target}"
            )

    def _require_before_deadline(self, at: datetime) -> None:
        if at >= self.rule.reveal_by:
            raise StateRefused(
                reason=REVEAL_MISSED,
                field="draw_id",
                detail=f"the seeds had to be out by {self.rule.reveal_by}; the draw is void",
            )


def new_draw(rule: DrawRule, *, branch: str, maker: str, salt: bytes, at: datetime) -> Draw:
    """A draft. Raises ValueError unless the rule's blinding is of this salt."""
    if len(salt) != SALT_BYTES or hashlib.sha256(salt).digest() != rule.blinding:
        raise ValueError("the blinding is the hash of the salt")
    return Draw(rule=rule, branch=branch, maker=maker, salt=salt, changed_at=at)


def _check_length(field: str, value: bytes) -> None:
    if len(value) != SEED_BYTES:
        raise InvalidInput(reason="SEED_INVALID", field=field, detail=f"the {field} has {SEED_BYTES} bytes")
