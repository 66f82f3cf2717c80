"""One reward that somebody has earned, and the steps of its life; it must not book anything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid5

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.reward import Reward
from svc_reward.domain.reward_offer import RewardOffer
from svc_reward.domain.reward_owner import RewardOwner

# The ids of grants are made from what earned them, so the same deed is the same grant, whoever tells it and how often.
_NAMESPACE = UUID("6f1d2f0e-6a2b-5d0c-9f6e-2b1d8f9c7a40")
MAX_SOURCE_LENGTH = 160


class GrantState(StrEnum):
    """Where a grant stands."""

    OFFERED = "offered"
    GIVEN = "given"
    REFUSED = "refused"
    WAITING = "waiting"
    REVERSED = "reversed"
    FORFEITED = "forfeited"


# Refused is what could not be booked, and may be tried again; waiting is for a grant that has to come first.
TRANSITIONS: Mapping[GrantState, frozenset[GrantState]] = MappingProxyType(
    {
        GrantState.OFFERED: frozenset({GrantState.GIVEN, GrantState.REFUSED, GrantState.FORFEITED}),
        GrantState.WAITING: frozenset({GrantState.OFFERED, GrantState.GIVEN, GrantState.REFUSED, GrantState.FORFEITED}),
        GrantState.REFUSED: frozenset({GrantState.OFFERED, GrantState.GIVEN, GrantState.REFUSED, GrantState.FORFEITED}),
        GrantState.GIVEN: frozenset({GrantState.REVERSED}),
        GrantState.REVERSED: frozenset(),
        GrantState.FORFEITED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What earned a reward: ``source`` names it for ever (``order:<id>``, ``referral:<id>``).

    ``rule`` is the grant rule's number, 0 where another use case grants; ``order_id`` is empty where no order earned it.
    With ``once`` the rule grants to an owner once for ever, whatever the source.
    """

    source: str
    owner: RewardOwner
    at: datetime
    rule: int = 0
    order_id: str = ""
    once: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.source) <= MAX_SOURCE_LENGTH or not self.source.isprintable():
            raise InvalidInput(
                reason="SOURCE_INVALID",
                field="source",
                detail=f"a source has 1 to {MAX_SOURCE_LENGTH} printable characters",
            )

    def grant_id(self, part: int = 0) -> UUID:
        """The id of the grant for it; ``part`` counts the extras from 1."""
        source = "once" if self.once else self.source
        return uuid5(_NAMESPACE, f"{self.rule}|{source}|{self.owner.kind}|{self.owner.id}|{part}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardGrant:
    """``rewards`` is one, or those to choose from. ``chosen`` is the position of the one that counts, None while open.

    ``reference`` is what it became: the id of a transfer, a redemption or a draw. ``part`` is 0 for the
    reward itself and counts the extras.
    """

    id: UUID
    occasion: Occasion
    part: int
    shares: int
    rewards: tuple[Reward, ...]
    default_choice: int
    choose_days: int
    choose_by: datetime | None
    chosen: int | None
    state: GrantState
    reason: str
    reference: str
    changed_at: datetime

    @property
    def reward(self) -> Reward | None:
        """What is or is to be given; None while its owner has not chosen."""
        return None if self.chosen is None else self.rewards[self.chosen]

    def stay(self, reason: str) -> "RewardGrant":
        """As it is, with a word about why."""
        return replace(self, reason=reason)

    def offer(self, at: datetime) -> "RewardGrant":
        """From now on its owner may choose. Raises StateRefused GRANT_STATE."""
        return replace(self.become(GrantState.OFFERED, at), choose_by=at + timedelta(days=self.choose_days))

    def choose(self, position: int, at: datetime) -> "RewardGrant":
        """The owner's word, once. Raises StateRefused CHOICE_MADE or CHOICE_OVER, InvalidInput CHOICE_UNKNOWN."""
        if self.state is not GrantState.OFFERED or self.choose_by is None:
            raise StateRefused(
                reason="CHOICE_MADE",
                field="id",
                detail=f"there is nothing to choose any more: the grant is {self.state}",
                metadata={"state": self.state, "chosen": "" if self.chosen is None else str(self.chosen)},
            )
        if at >= self.choose_by:
            raise StateRefused(
                reason="CHOICE_OVER",
                field="id",
                detail=f"the choice was open until {self.choose_by.isoformat()}; the default is given",
            )
        if not 0 <= position < len(self.rewards):
            raise InvalidInput(
                reason="CHOICE_UNKNOWN",
                field="choice",
                detail=f"choose one of the {len(self.rewards)} rewards by its position, from 0",
            )
        return replace(self, chosen=position, changed_at=at)

    def fall_back(self, at: datetime) -> "RewardGrant":
        """The default instead of a choice that nobody made."""
        return replace(self, chosen=self.default_choice, changed_at=at)

    def become(self, state: GrantState, at: datetime, *, reason: str = "", reference: str = "") -> "RewardGrant":
        """The next step. Raises StateRefused GRANT_STATE, which names both states."""
        if state not in TRANSITIONS[self.state]:
            raise StateRefused(
                reason="GRANT_STATE",
                field="id",
                detail=f"a grant that is {self.state} can't become {state}",
                metadata={"from": self.state, "to": state},
            )
        return replace(self, state=state, reason=reason, reference=reference or self.reference, changed_at=at)


def new_grants(occasion: Occasion, offer: RewardOffer, *, shares: int, at: datetime) -> list[RewardGrant]:
    """The grant and one more for each extra, waiting to be given; ``shares`` times what the offer says.

    Raises InvalidInput REWARD_INVALID or REWARD_NOT_FOR_OWNER.
    """
    offer.check_for(occasion.owner.kind)
    sets = [tuple(reward.times(shares) for reward in offer.rewards), *((one,) for one in offer.extras)]
    return [
        RewardGrant(
            id=occasion.grant_id(part),
            occasion=occasion,
            part=part,
            shares=1 if part else shares,
            rewards=rewards,
            default_choice=0 if part else offer.default_choice,
            choose_days=0 if part else offer.choose_days,
            choose_by=None,
            chosen=0 if len(rewards) == 1 else None,
            state=GrantState.WAITING,
            reason="",
            reference="",
            changed_at=at,
        )
        for part, rewards in enumerate(sets)
    ]
