"""Reads days as the wire has them, and says which one it is for the operator; it must not know what happened on them."""

from datetime import date, datetime

from carillon_chassis.errors import InvalidInput
from svc_catalog.domain.sales import ZONE


def parse_day(written: str, *, reason: str, field: str) -> date:
    """The day of YYYY-MM-DD. Raises InvalidInput with the reason for one that no calendar has."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InvalidInput(reason=reason, field=field, detail=f"{written} is no day") from None


def operators_day(at: datetime) -> date:
    """The day on which the moment falls by the operator's clock."""
    return at.astimezone(ZONE).date()
