"""Says what a loaded month of usage is; it must not know where its file lies."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageMonth:
    """One month by its first day: ``complete`` when it was over on ``as_of``, the day that its file describes."""

    month: date
    version: int
    file: str
    rows: int
    complete: bool
    as_of: date

    def __post_init__(self) -> None:
        if self.month.day != 1 or self.version < 1 or self.rows < 0:
            raise ValueError(f"a month of usage that can't be: {self}")
