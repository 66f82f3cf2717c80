"""Months as the operator's people count them, in the operator's own time zone; it must not read a clock."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from carillon_chassis.errors import InvalidInput

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CalendarMonth:
    """One month, written like 2026-11. Raises InvalidInput MONTH_INVALID."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= MONTHS_A_YEAR and 1 <= self.year <= 9998):  # noqa: PLR2004 -- datetime's own end
            raise InvalidInput(reason="MONTH_INVALID", field="month", detail="write the month like 2026-11")

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def ends_before(self, zone: tzinfo) -> datetime:
        """The first moment after it, in UTC."""
        after = self.year * MONTHS_A_YEAR + self.month
        return datetime(after // MONTHS_A_YEAR, after % MONTHS_A_YEAR + 1, 1, tzinfo=zone).astimezone(UTC)


def month_of(moment: datetime, zone: tzinfo) -> CalendarMonth:
    """The month in which the moment falls there."""
    local = moment.astimezone(zone)
    return CalendarMonth(year=local.year, month=local.month)


def parse_month(text: str) -> CalendarMonth:
    """The month behind 2026-11. Raises InvalidInput MONTH_INVALID."""
    year, _, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal()):
        raise InvalidInput(reason="MONTH_INVALID", field="month", detail="write the month like 2026-11")
    return CalendarMonth(year=int(year), month=int(month))


def add_months(moment: datetime, months: int, zone: tzinfo) -> datetime:
    """The same day and time so many months later there, or that month's last day where it is shorter; in UTC."""
    if months == 0:
        return moment
    local = moment.astimezone(zone)
    after = local.year * MONTHS_A_YEAR + local.month - 1 + months
    year, month = after // MONTHS_A_YEAR, after % MONTHS_A_YEAR + 1
    day = min(local.day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(UTC)
