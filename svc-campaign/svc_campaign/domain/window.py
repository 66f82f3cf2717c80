"""The response window: when an answer, a click, an event or an order counts; reads no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseWindow:
    """From the launch, included, to `days` later, excluded."""

    opens_at: datetime
    days: int

    @property
    def closes_at(self) -> datetime:
        """The first moment that no longer counts."""
        return self.opens_at + timedelta(days=self.days)

    def holds(self, at: datetime) -> bool:
        """Whether what happened at this moment counts; the store's SQL says the same."""
        return self.opens_at <= at < self.closes_at
