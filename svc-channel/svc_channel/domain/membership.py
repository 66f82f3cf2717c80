"""What a subscriber is to the music club, as prices distinguish it; must not know who is a member."""

from enum import StrEnum


class MemberTier(StrEnum):
    """The three for whom a service has a price each (CAT-45)."""

    PREMIUM = "premium"
    ORDINARY = "ordinary"
    NON_MEMBER = "non_member"


def read_tier(word: str) -> MemberTier:
    """The tier that an attribute names, in any case; an absent or unknown word is no membership."""
    named = word.strip().lower()
    return MemberTier(named) if named in set(MemberTier) else MemberTier.NON_MEMBER
