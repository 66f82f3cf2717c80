"""What is asked of sales and what is answered, by the operator's days; it must not count anything."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from carillon_chassis.errors import InvalidInput

# The operator's day: one zone for the whole country.
ZONE_NAME: Final = "Asia/Shanghai"
ZONE: Final = ZoneInfo(ZONE_NAME)
# A year, leap years too: what is older is a matter of reports.
LONGEST_DAYS: Final = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesQuestion:
    """Sales of the orders placed from the first to the last day; each list narrows, an empty one does not.

    Raises InvalidInput DAYS_INVALID.
    """

    first: date
    last: date
    services: tuple[str, ...] = ()
    touchpoints: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < LONGEST_DAYS:
            raise InvalidInput(
                reason="DAYS_INVALID",
                field="last_day",
                detail=f"from the first to the last day, at most {LONGEST_DAYS} of them",
            )

    @property
    def since(self) -> datetime:
        """The moment at which the first day begins."""
        return datetime.combine(self.first, time(), ZONE)

    @property
    def until(self) -> datetime:
        """The moment at which the last day is over."""
        return datetime.combine(self.last + timedelta(days=1), time(), ZONE)

    @property
    def whole_months(self) -> tuple[date, date]:
        """The first days of the first month that is asked for as a whole and of the month after the last such one.

        Both are the first day asked for where there is none.
        """
        begin = self.first if self.first.day == 1 else _next_month(self.first)
        after = self.last + timedelta(days=1)
        end = after.replace(day=1)
        return (begin, end) if begin < end else (self.first, self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesCount:
    """So many orders for a service over a touch point in a branch, and how many of them stand how by now."""

    service: str
    touchpoint: str
    branch: str
    ordered: int
    active: int
    cancelled: int


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
