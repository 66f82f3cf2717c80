"""How much of a campaign's budget is spent, and which shares of it the campaign hears about; it must not stop a grant."""

from dataclasses import dataclass

# The campaign's people can still add to the budget at the first, and nothing more is granted after the second.
TOLD_PERCENTS = (80, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLevel:
    """A campaign has spent at least ``percent`` of ``funded`` units; ``left`` are left."""

    campaign_id: str
    currency: str
    percent: int
    funded: int
    left: int


def reached_percent(*, funded: int, left: int) -> int:
    """The highest of TOLD_PERCENTS that is spent, 0 for none."""
    if funded <= 0:
        return 0
    spent = funded - left
    return max((percent for percent in TOLD_PERCENTS if spent * 100 >= funded * percent), default=0)
