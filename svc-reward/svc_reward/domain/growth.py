"""How much an account has to grow within a period to be rewarded (RWD-28); it must not know whose account it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.currency import check_currency
from svc_reward.domain.grant_period import EVER, Period, Span, span_of
from svc_reward.domain.transfer import MAX_LEG_AMOUNT

# What was booked in the last moment of a period has committed by then, so a period is looked at once and whole.
SETTLING = timedelta(minutes=10)
# The last moment within a span: PostgreSQL and Python count in microseconds.
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """At least ``least`` units earned in a day or a calendar month; what was spent meanwhile takes nothing away.

    Raises InvalidInput GROWTH_INVALID or CURRENCY_UNKNOWN.
    """

    currency: str
    least: int
    period: Period

    def __post_init__(self) -> None:
        check_currency(self.currency)
        if not 1 <= self.least <= MAX_LEG_AMOUNT:
            raise InvalidInput(
                reason="GROWTH_INVALID", field="growth", detail=f"an account grows by 1 to {MAX_LEG_AMOUNT} units"
            )
        if self.period is Period.RULE:
            raise InvalidInput(reason="GROWTH_INVALID", field="growth", detail="growth is of a day or of a month")

    def last_finished(self, now: datetime, zone: tzinfo) -> Span:
        """The latest day or month there that is over for long enough."""
        running = span_of(self.period, now - SETTLING, zone, within=EVER)
        return span_of(self.period, running.start - MOMENT, zone, within=EVER)
