"""Handset subsidies: what the operator adds and what the customer promises to spend for it; it must not book them (RWD-37)."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from uuid import UUID

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.account import OPERATOR, AccountKind, AccountName
from svc_reward.domain.calendar_month import add_months
from svc_reward.domain.reward import CAMPAIGN_ID, paying_account
from svc_reward.domain.transfer import Transfer, move

# What a subsidy is paid in and owed back in: it goes through the customer's phone bill.
SUBSIDY_CURRENCY = "phone_credit_fen"
# 20,000 yuan: more than any handset.
MAX_SUBSIDY_FEN = 2_000_000
MAX_SPEND_FEN = 1_000_000
# Who is bound for longer than four years has two agreements.
MAX_MONTHS = 48
MAX_TEXT_LENGTH = 120


class SubsidyState(StrEnum):
    """Where an agreement stands."""

    RUNNING = "running"
    FULFILLED = "fulfilled"
    ENDED_EARLY = "ended_early"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsidy:
    """``subsidy_fen`` for the device, for a spend of ``monthly_spend_fen`` in each of ``months``.

    It runs in [``starts_at``, ``ends_at``); one that is ended early ends then, and ``owed_fen`` of it is owed back.
    ``campaign_id`` names the budget that pays, empty for the operator's expense. Raises InvalidInput SUBSIDY_INVALID.
    """

    id: UUID
    subscriber_id: int
    campaign_id: str
    device: str
    subsidy_fen: int
    monthly_spend_fen: int
    months: int
    starts_at: datetime
    ends_at: datetime
    owed_fen: int = 0
    ended_by: str = ""
    end_reason: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.device) <= MAX_TEXT_LENGTH or not self.device.isprintable():
            raise _invalid("device", f"a device has 1 to {MAX_TEXT_LENGTH} printable characters")
        if self.campaign_id and CAMPAIGN_ID.fullmatch(self.campaign_id) is None:
            raise _invalid("campaign_id", "a campaign's id has 1 to 64 letters, digits, dots, dashes or underscores")
        for field, number, most in (
            ("subsidy_fen", self.subsidy_fen, MAX_SUBSIDY_FEN),
            ("monthly_spend_fen", self.monthly_spend_fen, MAX_SPEND_FEN),
            ("months", self.months, MAX_MONTHS),
        ):
            if not 1 <= number <= most:
                raise _invalid(field, f"{field} is between 1 and {most}, not {number}")

    def state(self, at: datetime) -> SubsidyState:
        """Where it stands at that moment."""
        if self.ended_by:
            return SubsidyState.ENDED_EARLY
        return SubsidyState.RUNNING if at < self.ends_at else SubsidyState.FULFILLED

    def months_kept(self, at: datetime, zone: tzinfo) -> int:
        """How many whole months of the agreement are over at that moment."""
        kept = 0
        while kept < self.months and add_months(self.starts_at, kept + 1, zone) <= at:
            kept += 1
        return kept

    def end_early(self, *, at: datetime, by: str, reason: str, zone: tzinfo) -> "Subsidy":
        """Owes back the share of the months that were not kept, rounded up. Raises StateRefused SUBSIDY_STATE."""
        standing = self.state(at)
        if standing is not SubsidyState.RUNNING:
            raise StateRefused(
                reason="SUBSIDY_STATE",
                field="id",
                detail=f"a subsidy that is {standing} can't be ended early",
                metadata={"from": standing, "to": SubsidyState.ENDED_EARLY},
            )
        if not 1 <= len(reason) <= MAX_TEXT_LENGTH or not reason.isprintable():
            raise _invalid("reason", f"say in 1 to {MAX_TEXT_LENGTH} printable characters why it ends")
        left = self.months - self.months_kept(at, zone)
        owed = -(-self.subsidy_fen * left // self.months)
        return replace(self, ends_at=max(at, self.starts_at), owed_fen=owed, ended_by=by, end_reason=reason)

    @property
    def payment(self) -> Transfer:
        """Budget or expense to what was paid for this subscriber, ``subsidy:<id>``."""
        return move(
            f"subsidy:{self.id}",
            source=paying_account(SUBSIDY_CURRENCY, self.campaign_id),
            target=self._account(AccountKind.PAID, str(self.subscriber_id)),
            amount=self.subsidy_fen,
            reason="handset subsidy",
        )

    @property
    def claim(self) -> Transfer:
        """What is owed back, from the subscriber's receivable to the operator's expense, ``subsidy:<id>:owed``."""
        return move(
            f"subsidy:{self.id}:owed",
            source=self._account(AccountKind.RECEIVABLE, str(self.subscriber_id)),
            target=self._account(AccountKind.EXPENSE, OPERATOR),
            amount=self.owed_fen,
            reason="handset subsidy ended early",
        )

    def _account(self, kind: AccountKind, owner: str) -> AccountName:
        return AccountName(kind=kind, owner=owner, currency=SUBSIDY_CURRENCY)


def agreement_end(starts_at: datetime, months: int, zone: tzinfo) -> datetime:
    """The first moment after an agreement of so many months. Raises InvalidInput SUBSIDY_INVALID."""
    if not 1 <= months <= MAX_MONTHS:
        raise _invalid("months", f"months is between 1 and {MAX_MONTHS}, not {months}")
    return add_months(starts_at, months, zone)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="SUBSIDY_INVALID", field=field, detail=detail)
