"""Decides what a deed earns its owner by one rule, out of what is known; it must not read or book anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from svc_reward.domain.activity import Activity, Deed
from svc_reward.domain.grant_rule import GrantTerms
from svc_reward.domain.grant_shape import COUNTING

OWNER_CAP = "OWNER_CAP"
TOTAL_CAP = "TOTAL_CAP"
REQUIRED_RULE = "REQUIRED_RULE"
ORDER_TAKEN_BACK = "ORDER_TAKEN_BACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rule and its owner have come to so far.

    ``deeds`` are the owner's in the shape's span, this one among them, and ``decided`` the shares that those before it
    were decided on there, whatever became of them. ``owner_has`` and ``all_have`` count for the caps. ``required``
    says whether the rule that has to come first has granted, ``taken_back`` that the deed's order has already ended.
    """

    deeds: Sequence[Deed] = ()
    decided: int = 0
    owner_has: int = 0
    all_have: int = 0
    required: bool = True
    taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``shares`` for the owner; with a ``reason`` they are not given now. 0 shares is nothing at all."""

    shares: int
    reason: str = ""

    @property
    def waits(self) -> bool:
        """Whether the shares are given as soon as another rule has granted."""
        return self.reason == REQUIRED_RULE


def decide_shares(terms: GrantTerms, activity: Activity, known: Known, zone: tzinfo) -> Verdict:
    """What the deed earns. A cap that is nearly reached leaves the rest up to it."""
    earned = terms.shape.earned_alone(activity)
    if terms.shape.kind in COUNTING:
        earned = max(terms.shape.due(known.deeds, zone) - known.decided, 0)
    earned = min(earned, terms.offer.most_shares)
    if not earned:
        return Verdict(shares=0)
    if known.taken_back:
        return Verdict(shares=earned, reason=ORDER_TAKEN_BACK)
    if not known.required:
        return Verdict(shares=earned, reason=REQUIRED_RULE)
    return within_caps(terms, earned, owner_has=known.owner_has, all_have=known.all_have)


def within_caps(terms: GrantTerms, shares: int, *, owner_has: int, all_have: int) -> Verdict:
    """As many of the shares as the caps leave, or all of them with the cap that leaves none."""
    left = [(terms.owner_cap - owner_has, OWNER_CAP)] if terms.owner_cap else []
    left += [(terms.total_cap - all_have, TOTAL_CAP)] if terms.total_cap else []
    lowest, reason = min(left, default=(shares, ""))
    if lowest <= 0:
        return Verdict(shares=shares, reason=reason)
    return Verdict(shares=min(shares, lowest))
