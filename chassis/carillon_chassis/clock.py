"""Where time comes from, so that rules and tests never read the wall clock themselves."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, always timezone-aware UTC."""

    def now(self) -> datetime:
        """The present moment."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment by the machine."""
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that a test sets."""

    at: datetime

    def now(self) -> datetime:
        """The moment the test set."""
        return self.at
