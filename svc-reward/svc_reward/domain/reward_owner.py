"""Who gets a reward: a subscriber, a member of staff, or who sold a service; it must not know what they have done."""

from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import AccountKind, AccountName

# Competition points are for staff and for those who sell, customers have their own currencies (RWD-10, A-23).
COMPETITION_POINTS = "competition_points"
# Commission is a policy's: a statement of commissions equals the ledger to the fen, and a grant would break that.
COMMISSION_FEN = "commission_fen"
SELLER_KINDS = frozenset({AccountKind.OUTLET, AccountKind.AFFILIATE, AccountKind.PARTNER})
OWNER_KINDS = SELLER_KINDS | {AccountKind.SUBSCRIBER, AccountKind.STAFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardOwner:
    """The ledger's account kind and the id in it; a subscriber's id is decimal. Raises InvalidInput OWNER_INVALID."""

    kind: AccountKind
    id: str

    def __post_init__(self) -> None:
        if self.kind not in OWNER_KINDS:
            raise InvalidInput(reason="OWNER_INVALID", field="owner", detail=f"a {self.kind} account gets no rewards")
        AccountName(kind=self.kind, owner=self.id, currency=COMPETITION_POINTS)

    @property
    def subscriber_id(self) -> int:
        """The subscriber's number, 0 for anybody else."""
        return int(self.id) if self.kind is AccountKind.SUBSCRIBER else 0

    def account(self, currency: str) -> AccountName:
        """Where rewards of that currency are booked. Raises InvalidInput REWARD_NOT_FOR_OWNER or CURRENCY_UNKNOWN."""
        check_currency_for(self.kind, currency)
        return AccountName(kind=self.kind, owner=self.id, currency=currency)


def subscriber(subscriber_id: int) -> RewardOwner:
    """The subscriber of that number."""
    return RewardOwner(kind=AccountKind.SUBSCRIBER, id=str(subscriber_id))


def check_currency_for(kind: AccountKind, currency: str) -> None:
    """Raises InvalidInput REWARD_NOT_FOR_OWNER: staff get competition points only, subscribers never."""
    if currency == COMMISSION_FEN:
        raise _not_for_owner("commission is paid by commission policies, not by grants")
    if kind is AccountKind.STAFF and currency != COMPETITION_POINTS:
        raise _not_for_owner(f"staff are rewarded in {COMPETITION_POINTS}, not in {currency}")
    if kind is AccountKind.SUBSCRIBER and currency == COMPETITION_POINTS:
        raise _not_for_owner(f"{COMPETITION_POINTS} are for staff and for who sells, not for subscribers")


def _not_for_owner(detail: str) -> InvalidInput:
    return InvalidInput(reason="REWARD_NOT_FOR_OWNER", field="currency", detail=detail)
