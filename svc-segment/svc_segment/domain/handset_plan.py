"""Says how many handsets a subsidy campaign needs and which models it may offer; it must not count anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput

MAX_MONTHS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsetPlan:
    """The rules and attributes that a plan is made of, by data (SEG-75 to SEG-78); ``memberships`` in their order."""

    memberships: Mapping[str, str]
    among: str
    equipped: str
    service_users: str
    spend: str
    branch: str
    model: str
    price: str
    in_library: str
    least_price: int
    most_price: int
    agreed_share: float
    agreed_months: int

    def of_branch(self, branch: str) -> str:
        """The condition of living in a branch; an empty one is everywhere."""
        if not branch:
            return "true"
        quoted = branch.replace("'", "''")
        return f"{self.branch} = '{quoted}'"

    def kept(self, branch: str) -> str:
        """Who may be offered a handset at all."""
        return f"({self.among}) and {self.of_branch(branch)}"

    def columns(self, theoretical_arpu: float) -> Sequence[str]:
        """Whose terminal meets the requirement, whose does not, and who of these spends enough."""
        unequipped = f"({self.equipped}) is not true"
        return self.equipped, unequipped, f"{unequipped} and {self.spend} >= {theoretical_arpu:.2f}"

    def offered(self, branch: str) -> str:
        """Who has a model that may be offered: it supports both services, is in the library and of the price range."""
        priced = f"{self.price} between {self.least_price} and {self.most_price}"
        return f"({self.equipped}) and {self.in_library} and {priced} and {self.of_branch(branch)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingWish:
    """A model's price, what was agreed of it, and how a past subsidy sold; raises InvalidInput HANDSET_PLAN."""

    price_yuan: int
    agreed_share: float
    agreed_months: int
    past_offered: int
    past_sold: int

    def check(self, plan: HandsetPlan) -> None:
        """Raises InvalidInput HANDSET_PLAN with the field that can't be."""
        if not plan.least_price <= self.price_yuan <= plan.most_price:
            raise _refusal("price_yuan", f"the model costs {plan.least_price} to {plan.most_price} yuan")
        if not 0 < self.agreed_share <= MAX_MONTHS or not 1 <= self.agreed_months <= MAX_MONTHS:
            raise _refusal("agreed_months", f"an agreement is over 1 to {MAX_MONTHS} months, of a share above 0")
        if not 0 <= self.past_sold <= self.past_offered or not self.past_offered:
            raise _refusal("past_sold", "of a past subsidy at least one handset was offered and no more sold")

    @property
    def theoretical_arpu(self) -> float:
        """The monthly spend, in yuan, that fulfils the agreement; to the fen."""
        return round(self.price_yuan * self.agreed_share / self.agreed_months, 2)

    def handsets(self, meeting: int) -> int:
        """How many of so many customers will take one, if they do as customers did before."""
        return meeting * self.past_sold // self.past_offered


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipSize:
    """What one membership needs (SEG-77)."""

    membership: str
    equipped: int
    unequipped: int
    meeting: int
    handsets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRank:
    """A model that may be offered (SEG-78), with its place among those of the service's users."""

    model: str
    price_yuan: int
    users: int
    market_share: float
    service_users: int
    rank: int


def rank_models(found: Sequence[tuple[str, int, int, int]], everyone: int) -> list[ModelRank]:
    """Models with price, users and users of the service, those of most of the latter first."""
    ordered = sorted(found, key=lambda one: (-one[3], -one[2], one[1], one[0]))
    return [
        ModelRank(
            model=model,
            price_yuan=price,
            users=users,
            market_share=users / everyone if everyone else 0.0,
            service_users=service_users,
            rank=rank,
        )
        for rank, (model, price, users, service_users) in enumerate(ordered, start=1)
    ]


def _refusal(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="HANDSET_PLAN", field=field, detail=detail)
