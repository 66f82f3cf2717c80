"""How long points are good for, as people write it: 30D, 12M, EOM, EOY2; it must not read a clock."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.calendar_month import MONTHS_A_YEAR, CalendarMonth, add_months, month_of

_DAYS = re.compile(r"([1-9][0-9]{0,4})D")
_MONTHS = re.compile(r"([1-9][0-9]{0,2})M")
_YEAR_ENDS = re.compile(r"EOY([1-9][0-9]?)")
_MONTH_END = "EOM"
# Without an end; what most points are.
NEVER = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """``30D`` days, ``12M`` months, ``EOM`` to the end of the month, ``EOY2`` of the next year. Raises VALIDITY_INVALID.

    EOY1 is the end of the year in which the points come, EOY2 of the one after. Empty is for ever.
    """

    rule: str

    def __post_init__(self) -> None:
        if self.rule in {NEVER, _MONTH_END}:
            return
        if not any(pattern.fullmatch(self.rule) for pattern in (_DAYS, _MONTHS, _YEAR_ENDS)):
            raise InvalidInput(
                reason="VALIDITY_INVALID",
                field="validity",
                detail=f"write a validity like 30D, 12M, EOM, EOY2, or nothing for ever; not {self.rule!r}",
            )

    def ends(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first moment, in UTC, at which points that come at ``moment`` are gone there; None is never."""
        if self.rule == NEVER:
            return None
        if days := _DAYS.fullmatch(self.rule):
            return (moment.astimezone(zone) + timedelta(days=int(days[1]))).astimezone(UTC)
        if months := _MONTHS.fullmatch(self.rule):
            return add_months(moment, int(months[1]), zone)
        if years := _YEAR_ENDS.fullmatch(self.rule):
            last = month_of(moment, zone).year + int(years[1]) - 1
            return CalendarMonth(year=last, month=MONTHS_A_YEAR).ends_before(zone)
        return month_of(moment, zone).ends_before(zone)
