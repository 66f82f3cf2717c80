"""How many parts a second may leave for an account, a campaign or a network cell; limits are data, and keep no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from carillon_chassis.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Parts a second, 0 for no limit; a name of its own limit has that, every other one the common one.

    An account is shared by the lines that name it; a cell is one of the network's (CHN-15). Raises InvalidInput
    (RATE_LIMIT_NEGATIVE).
    """

    accounts: Mapping[str, int] = field(default_factory=dict)
    campaign_per_second: int = 0
    campaigns: Mapping[str, int] = field(default_factory=dict)
    cell_per_second: int = 0
    cells: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        told = [*self.accounts.values(), *self.campaigns.values(), *self.cells.values()]
        if min(self.campaign_per_second, self.cell_per_second, *told) < 0:
            detail = "a rate limit is a number of parts a second, or 0 for no limit"
            raise InvalidInput(reason="RATE_LIMIT_NEGATIVE", field="limits", detail=detail)

    @property
    def are_none(self) -> bool:
        """True where nothing is limited at all."""
        return not (self.accounts or self.campaign_per_second or self.campaigns or self.cell_per_second or self.cells)

    def of(self, *, account: str, campaign: str, cell: str) -> Iterator[tuple[str, str, int]]:
        """The limits that one part meets, as (kind, name, parts a second); those without a limit are left out."""
        found = (
            ("account", account, self.accounts.get(account, 0)),
            ("campaign", campaign, self.campaigns.get(campaign, self.campaign_per_second)),
            ("cell", cell, self.cells.get(cell, self.cell_per_second) if cell else 0),
        )
        return (one for one in found if one[2])
