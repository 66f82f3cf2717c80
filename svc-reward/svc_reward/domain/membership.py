"""Membership tiers of the music club and their order; it must not know who is a member."""

from enum import StrEnum

from carillon_chassis.errors import StateRefused


class MemberTier(StrEnum):
    """What a subscriber is to the club, from the least to the most (RWD-30)."""

    NON_MEMBER = "non_member"
    ORDINARY = "ordinary"
    PREMIUM = "premium"

    def covers(self, lowest: "MemberTier") -> bool:
        """Whether this tier has what ``lowest`` has: PREMIUM > ORDINARY > NON_MEMBER."""
        return _RANKS[self] >= _RANKS[lowest]


_RANKS = {tier: rank for rank, tier in enumerate(MemberTier)}


def require_tier(tier: MemberTier, lowest: MemberTier) -> None:
    """Raises StateRefused MEMBERSHIP_REQUIRED for who is less than ``lowest``."""
    if not tier.covers(lowest):
        raise StateRefused(
            reason="MEMBERSHIP_REQUIRED",
            field="prize",
            detail=f"this prize is for {lowest} members and above; the subscriber is {tier}",
            metadata={"tier": tier, "lowest_tier": lowest},
        )
