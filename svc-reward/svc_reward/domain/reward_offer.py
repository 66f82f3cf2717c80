"""What is offered for one deed: a reward, or a choice between rewards of equal worth, and what comes with either (RWD-07).

It must not know who is offered it.
"""

from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import AccountKind
from svc_reward.domain.reward import Reward

# Who has to read more than this does not choose.
MAX_CHOICES = 10
MAX_EXTRAS = 5
MAX_CHOOSE_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardOffer:
    """One reward is given at once; of more the owner chooses one within ``choose_days``. Raises OFFER_INVALID.

    Who does not choose in time gets ``rewards[default_choice]``. ``extras`` are given at once and
    once, however many shares there are.
    """

    rewards: tuple[Reward, ...]
    choose_days: int = 0
    default_choice: int = 0
    extras: tuple[Reward, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.rewards) <= MAX_CHOICES:
            raise _invalid("rewards", f"an offer has 1 to {MAX_CHOICES} rewards")
        if len(self.extras) > MAX_EXTRAS:
            raise _invalid("extras", f"an offer has at most {MAX_EXTRAS} extras")
        if not 0 <= self.default_choice < len(self.rewards):
            raise _invalid("default_choice", "the default is the position of one of the rewards, from 0")
        if not self.is_choice:
            if self.choose_days:
                raise _invalid("choose_days", "a single reward is given at once; there is nothing to choose")
            return
        if not 1 <= self.choose_days <= MAX_CHOOSE_DAYS:
            raise _invalid("choose_days", f"who chooses has 1 to {MAX_CHOOSE_DAYS} days for it")
        if len(set(self.rewards)) != len(self.rewards):
            raise _invalid("rewards", "the same reward stands twice in the choice")
        if len({reward.worth_fen for reward in self.rewards}) != 1 or not self.rewards[0].worth_fen:
            raise _invalid("rewards", "a choice is between rewards of equal worth; say worth_fen, the same for each")

    @property
    def is_choice(self) -> bool:
        """Whether the owner has to say something."""
        return len(self.rewards) > 1

    @property
    def most_shares(self) -> int:
        """How many shares of it can be given at once, whatever is chosen."""
        return min(reward.most_shares for reward in self.rewards)

    def check_for(self, owner: AccountKind) -> None:
        """Raises InvalidInput REWARD_NOT_FOR_OWNER when one of them can't be that owner's."""
        for reward in (*self.rewards, *self.extras):
            reward.check_for(owner)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="OFFER_INVALID", field=field, detail=detail)
