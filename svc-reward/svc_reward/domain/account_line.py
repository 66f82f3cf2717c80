"""The lines of an owner's statement and their order; it must not add currencies up (A-23)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One entry as its owner reads it: ``amount`` whole units moved, ``balance_after`` left in that currency."""

    number: int
    transfer_id: str
    currency: str
    amount: int
    balance_after: int
    reason: str
    booked_at: datetime

    @property
    def place(self) -> tuple[datetime, int]:
        """Where the line stands among all lines of its owner: a transfer touches an owner's currency once."""
        return self.booked_at, self.number
