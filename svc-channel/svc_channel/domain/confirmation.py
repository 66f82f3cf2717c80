"""How a customer is asked by SMS to confirm an order, and for how long a yes counts; asks nobody."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# Orders that a menu, a portal or a hall has confirmed by then are not asked about: who is there has seen the prices.
GRACE: Final = timedelta(seconds=10)
# As the shipped template says to who is asked.
VALID: Final = timedelta(hours=24)
# The template, of purpose price_confirmation: it shows the three prices, or is refused (CHN-33).
TEMPLATE: Final = "price-confirmation"


class ConfirmationState(StrEnum):
    """How far the asking is."""

    WAITING = "waiting"
    ASKED = "asked"
    ANSWERED = "answered"
    """The customer said yes; svc-catalog is yet to hear it."""
    ENDED = "ended"


class EndReason(StrEnum):
    """Why an order is asked about no more; empty once svc-catalog has the yes."""

    CONFIRMED = ""
    NOT_OPEN = "NOT_OPEN"
    """It was confirmed or cancelled otherwise."""
    UNPRICED = "UNPRICED"
    """The catalogue does not have all three prices, and nobody confirms without seeing them."""
    NO_NUMBER = "NO_NUMBER"
    LATE = "LATE"
    SUPERSEDED = "SUPERSEDED"
    """A yes went to a later question."""


def is_late(since: datetime, at: datetime) -> bool:
    """Whether what began ``since`` is over ``at``."""
    return at - since > VALID
