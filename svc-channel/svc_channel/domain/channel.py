"""The channels messages leave by, their classes and routes; must not know who sends them."""

from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """What kind of message it is."""

    SMS = "sms"
    WAP_PUSH = "wap_push"
    USSD = "ussd"
    MMS = "mms"
    MOBILE_MARKET = "mobile_market"


class MessageClass(StrEnum):
    """How urgent it is, declared from first to last: a class never waits for one after it (CHN-06)."""

    REPLY = "reply"
    """An answer to what a subscriber just did."""
    SERVICE = "service"
    """Something the subscriber has to know."""
    MARKETING = "marketing"
    """Bulk."""


BULK: Final = (MessageClass.SERVICE, MessageClass.MARKETING)

# The route of whatever a line file says nothing about.
DEFAULT_ROUTE: Final = "sms"
# A push leaves by the lines that carry text, unless a route says otherwise; every other channel has peers of its own.
OVER_TEXT_LINES: Final = frozenset({Channel.SMS, Channel.WAP_PUSH, Channel.USSD})


def route_of(channel: Channel) -> str:
    """The route of a channel where no prefix decides."""
    return DEFAULT_ROUTE if channel in OVER_TEXT_LINES else channel.value
