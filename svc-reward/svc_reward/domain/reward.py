"""What can be given, points, benefits, draw entries and prizes, and the transfers that it comes to; it must not book them.

The reward types of the 2011 plan (RWD-04) are these: competition points, seeds and phone credit are currencies; a
physical prize, a handset, a computer or an e-gift is a prize of the catalogue; a place in a lottery is a draw entry;
bonus money, a discount or free messages are benefits in a unit of their own.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import OPERATOR, AccountKind, AccountName, budget_account, issuance_account
from svc_reward.domain.currency import check_currency
from svc_reward.domain.draw_entrant import Entry
from svc_reward.domain.prize import CODE_PATTERN, MAX_QUANTITY, MONEY_CURRENCIES, Prize
from svc_reward.domain.reward_owner import RewardOwner, check_currency_for
from svc_reward.domain.transfer import Transfer, move
from svc_reward.domain.validity import Validity

# One grant's points; a hundred thousand of them still fit one leg of a transfer.
MAX_AMOUNT = 10_000_000
# More tickets than this for one deed are a prize by themselves.
MAX_TICKETS = 100
MAX_WORTH_FEN = 10**9
_UNIT = re.compile(r"^[a-z][a-z0-9_]{0,31}$")
CAMPAIGN_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
DRAW_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class RewardKind(StrEnum):
    """What a reward is."""

    CURRENCY = "currency"
    BENEFIT = "benefit"
    DRAW_ENTRY = "draw_entry"
    PRIZE = "prize"


# What each kind names beside the amount; whatever it does not name stays empty.
NAMED = {
    RewardKind.CURRENCY: "currency",
    RewardKind.BENEFIT: "unit",
    RewardKind.DRAW_ENTRY: "draw_id",
    RewardKind.PRIZE: "prize",
}
# The highest amount of each kind that is given at once.
MOST = {
    RewardKind.CURRENCY: MAX_AMOUNT,
    RewardKind.BENEFIT: MAX_AMOUNT,
    RewardKind.DRAW_ENTRY: MAX_TICKETS,
    RewardKind.PRIZE: MAX_QUANTITY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """``amount`` for one share: units of the currency or of the benefit, tickets, or pieces. Raises REWARD_INVALID.

    ``campaign_id`` names the budget that pays; empty is issuance for points and the operator's expense for money.
    ``validity`` is how long points are good for. ``worth_fen`` is what it is worth to its owner, 0 when nobody says.
    """

    kind: RewardKind
    amount: int
    currency: str = ""
    validity: str = ""
    campaign_id: str = ""
    unit: str = ""
    draw_id: str = ""
    prize: str = ""
    worth_fen: int = 0

    def __post_init__(self) -> None:
        self._check_names()
        if not 1 <= self.amount <= MOST[self.kind]:
            raise _invalid("amount", f"a {self.kind} reward is 1 to {MOST[self.kind]}, not {self.amount}")
        if not 0 <= self.worth_fen <= MAX_WORTH_FEN:
            raise _invalid("worth_fen", f"a reward is worth 0 to {MAX_WORTH_FEN} fen")
        if self.campaign_id and CAMPAIGN_ID.fullmatch(self.campaign_id) is None:
            raise _invalid("campaign_id", "a campaign's id has 1 to 64 letters, digits, dots, dashes or underscores")
        if self.campaign_id and self.kind not in {RewardKind.CURRENCY, RewardKind.PRIZE}:
            raise _invalid("campaign_id", f"a {self.kind} reward is paid from no budget")
        Validity(rule=self.validity)
        if self.validity and self.kind is not RewardKind.CURRENCY:
            raise _invalid("validity", "only what is counted in a currency expires by itself")

    def _check_names(self) -> None:
        names = {"currency": self.currency, "unit": self.unit, "draw_id": self.draw_id, "prize": self.prize}
        wanted = NAMED[self.kind]
        for field, text in names.items():
            if (field == wanted) != bool(text):
                raise _invalid(field, f"a {self.kind} reward names its {wanted} and nothing else")
        if self.kind is RewardKind.CURRENCY:
            check_currency(self.currency)
        elif self.kind is RewardKind.BENEFIT and _UNIT.fullmatch(self.unit) is None:
            raise _invalid("unit", "a unit is a short name in small letters, such as mms or bonus_fen")
        elif self.kind is RewardKind.DRAW_ENTRY and DRAW_ID.fullmatch(self.draw_id) is None:
            raise _invalid("draw_id", "a draw's id is a UUID")
        elif self.kind is RewardKind.PRIZE and re.fullmatch(CODE_PATTERN, self.prize) is None:
            raise _invalid("prize", "a prize's code has 1 to 64 letters, digits, dots, dashes or underscores")

    def check_for(self, owner: AccountKind) -> None:
        """Raises InvalidInput REWARD_NOT_FOR_OWNER for what that kind of owner can't get."""
        if self.kind is RewardKind.CURRENCY:
            check_currency_for(owner, self.currency)
        elif self.kind in {RewardKind.DRAW_ENTRY, RewardKind.PRIZE} and owner is not AccountKind.SUBSCRIBER:
            raise InvalidInput(
                reason="REWARD_NOT_FOR_OWNER",
                field="kind",
                detail=f"draws and the shop know subscribers only; a {owner} can't get a {self.kind}",
            )

    @property
    def most_shares(self) -> int:
        """How many shares can be given at once."""
        return MOST[self.kind] // self.amount

    def times(self, shares: int) -> "Reward":
        """So many shares of it as one reward. Raises InvalidInput REWARD_INVALID when that is too much at once."""
        return replace(self, amount=self.amount * shares, worth_fen=min(self.worth_fen * shares, MAX_WORTH_FEN))

    def payment(self, transfer_id: str, owner: RewardOwner) -> Transfer:
        """What a currency reward books. Raises InvalidInput as ``RewardOwner.account`` does."""
        return move(
            transfer_id,
            source=paying_account(self.currency, self.campaign_id),
            target=owner.account(self.currency),
            amount=self.amount,
            reason="reward",
        )

    def prize_money(self, transfer_id: str, owner: RewardOwner, prize: Prize) -> Transfer:
        """The points that the prize costs, which its owner then redeems: a prize given is one that was paid for."""
        return move(
            transfer_id,
            source=paying_account(prize.currency, self.campaign_id),
            target=owner.account(prize.currency),
            amount=prize.price * self.amount,
            reason="reward to be redeemed",
        )

    def tickets(self, source_key: str, subscriber_id: int) -> list[Entry]:
        """The entries of a draw, each under a key of its own, so that the same grant enters once."""
        return [
            Entry(subscriber_id=subscriber_id, source_key=f"{source_key}#{number}")
            for number in range(1, self.amount + 1)
        ]


def paying_account(currency: str, campaign_id: str) -> AccountName:
    """A campaign's budget; without one money is an expense and points come from issuance."""
    if campaign_id:
        return budget_account(campaign_id, currency)
    if currency in MONEY_CURRENCIES:
        return AccountName(kind=AccountKind.EXPENSE, owner=OPERATOR, currency=currency)
    return issuance_account(currency)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="REWARD_INVALID", field=field, detail=detail)
