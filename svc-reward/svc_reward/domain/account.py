"""Accounts: who owns one, in which currency, and how low each kind may go; it must not know what stands on them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.currency import check_currency

# Every currency has exactly one issuance account, and this is its owner.
OPERATOR = "operator"


class AccountKind(StrEnum):
    """Who owns an account."""

    ISSUANCE = "issuance"
    CAMPAIGN_BUDGET = "campaign_budget"
    SUBSCRIBER = "subscriber"
    STAFF = "staff"
    OUTLET = "outlet"
    AFFILIATE = "affiliate"
    PARTNER = "partner"
    MERCHANT = "merchant"
    EXPENSE = "expense"
    PAYABLE = "payable"
    RECEIVABLE = "receivable"
    PAID = "paid"
    REDEEMED = "redeemed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """What a kind of account allows."""

    # The lowest balance, in the currency's unit; None where any debt is right.
    minimum: int | None
    # What its owner looks like, as a regular expression that PostgreSQL reads the same way.
    owner_pattern: str
    owner_meaning: str


def _held_by(who: str) -> KindRule:
    """What one of the suite's parties holds; nobody holds less than nothing."""
    return KindRule(minimum=0, owner_pattern="^[A-Za-z0-9._-]{1,64}$", owner_meaning=who)


KIND_RULES: Mapping[AccountKind, KindRule] = MappingProxyType(
    {
        # All points come from here, so its balance is minus what is out.
        AccountKind.ISSUANCE: KindRule(minimum=None, owner_pattern=f"^{OPERATOR}$", owner_meaning=repr(OPERATOR)),
        AccountKind.CAMPAIGN_BUDGET: _held_by("a campaign id"),
        AccountKind.SUBSCRIBER: KindRule(
            minimum=0, owner_pattern="^[1-9][0-9]{0,9}$", owner_meaning="a subscriber id in decimal"
        ),
        AccountKind.STAFF: _held_by("a staff id"),
        AccountKind.OUTLET: _held_by("an outlet id"),
        AccountKind.AFFILIATE: _held_by("an affiliate id"),
        AccountKind.PARTNER: _held_by("a partner id"),
        AccountKind.MERCHANT: _held_by("a merchant id"),
        # What commissions and phone credit cost the operator: its balance is minus the cost.
        AccountKind.EXPENSE: KindRule(minimum=None, owner_pattern=f"^{OPERATOR}$", owner_meaning=repr(OPERATOR)),
        # What is approved for pay-out to an affiliate, an outlet or a partner.
        AccountKind.PAYABLE: _held_by("the id of who is paid"),
        # What an affiliate, an outlet or a partner owes back after a refund: its balance is minus the debt.
        AccountKind.RECEIVABLE: KindRule(
            minimum=None, owner_pattern="^[A-Za-z0-9._-]{1,64}$", owner_meaning="the id of who owes"
        ),
        # What has left the ledger as money.
        AccountKind.PAID: _held_by("the id of who was paid"),
        # Points taken back by redemption, and points that have expired.
        AccountKind.REDEEMED: KindRule(minimum=0, owner_pattern=f"^{OPERATOR}$", owner_meaning=repr(OPERATOR)),
        AccountKind.EXPIRED: KindRule(minimum=0, owner_pattern=f"^{OPERATOR}$", owner_meaning=repr(OPERATOR)),
    }
)
_OWNERS = {kind: re.compile(rule.owner_pattern) for kind, rule in KIND_RULES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountName:
    """What identifies an account. Raises InvalidInput CURRENCY_UNKNOWN or OWNER_INVALID."""

    kind: AccountKind
    owner: str
    currency: str
    # What stands for it in digests and in dictionaries, where tens of thousands of names are looked up a second.
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", f"{self.kind}/{self.owner}/{self.currency}")
        check_currency(self.currency)
        if _OWNERS[self.kind].fullmatch(self.owner) is None:
            raise InvalidInput(
                reason="OWNER_INVALID",
                field="owner",
                detail=f"the owner of a {self.kind} account is {KIND_RULES[self.kind].owner_meaning}, not {self.owner!r}",
            )

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.text)


def issuance_account(currency: str) -> AccountName:
    """The account that a currency comes from."""
    return AccountName(kind=AccountKind.ISSUANCE, owner=OPERATOR, currency=currency)


def budget_account(campaign_id: str, currency: str) -> AccountName:
    """What a campaign may still grant."""
    return AccountName(kind=AccountKind.CAMPAIGN_BUDGET, owner=campaign_id, currency=currency)


def subscriber_account(subscriber_id: int, currency: str) -> AccountName:
    """What a subscriber holds."""
    return AccountName(kind=AccountKind.SUBSCRIBER, owner=str(subscriber_id), currency=currency)


def redeemed_account(currency: str) -> AccountName:
    """What subscribers have spent in shops and sales."""
    return AccountName(kind=AccountKind.REDEEMED, owner=OPERATOR, currency=currency)


def expired_account(currency: str) -> AccountName:
    """What was not spent in time."""
    return AccountName(kind=AccountKind.EXPIRED, owner=OPERATOR, currency=currency)
