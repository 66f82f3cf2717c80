"""Something that a subscriber did and that may earn rewards; it must not know which rules there are (RWD-22)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from carillon_chassis.errors import InvalidInput

# What an event's attributes are called where they mean something to grant rules.
QUANTITY = "quantity"
SERVICE = "service"
AMOUNT_FEN = "amount_fen"
STAFF_ID = "staff_id"
SELLER_ID = "affiliate_id"
# A number in an event is what a portal says; beyond these nobody sends or spends in one deed.
MAX_QUANTITY = 1_000_000
MAX_AMOUNT_FEN = 10**11
MAX_NAME_LENGTH = 64
REFERENCE = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
_DIGEST_LETTERS = 32


class ActivityKind(StrEnum):
    """An order that became active, an event that svc-segment told, an account that grew, or what people judged."""

    ORDER = "order"
    EVENT = "event"
    GROWTH = "growth"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One deed under a ``source`` that names it for ever. ``type`` is an event's; ``order_id`` an order's.

    ``staff_id`` and ``seller_id`` name who sold, empty where nobody did; ``seller_id`` is an affiliate's id.
    """

    source: str
    kind: ActivityKind
    subscriber_id: int
    type: str
    service: str
    amount_fen: int
    quantity: int
    at: datetime
    order_id: str = ""
    staff_id: str = ""
    seller_id: str = ""


class Deed(NamedTuple):
    """What counting needs of an activity."""

    at: datetime
    service: str
    quantity: int


def order_source(order_id: str) -> str:
    """The source of what an order earns."""
    return f"order:{order_id}"


def order_activity(
    *, order_id: str, subscriber_id: int, service: str, amount_fen: int, at: datetime, staff_id: str, seller_id: str
) -> Activity:
    """An order that became active, as one piece of its service."""
    return Activity(
        source=order_source(order_id),
        kind=ActivityKind.ORDER,
        subscriber_id=subscriber_id,
        type="",
        service=service,
        amount_fen=amount_fen,
        quantity=1,
        at=at,
        order_id=order_id,
        staff_id=staff_id,
        seller_id=seller_id,
    )


def growth_activity(*, rule: int, period: str, subscriber_id: int, growth: int, at: datetime) -> Activity:
    """What an account grew by in a finished period, as so many pieces; only its own rule hears of it (RWD-28)."""
    return Activity(
        source=f"growth:{rule}:{period}:{subscriber_id}",
        kind=ActivityKind.GROWTH,
        subscriber_id=subscriber_id,
        type=own_type(rule),
        service="",
        amount_fen=0,
        quantity=growth,
        at=at,
    )


def judged_activity(*, rule: int, reference: str, subscriber_id: int, at: datetime) -> Activity:
    """What a jury has found worth a reward, once under its ``reference`` (RWD-04). Raises InvalidInput SOURCE_INVALID."""
    if REFERENCE.fullmatch(reference) is None:
        raise InvalidInput(
            reason="SOURCE_INVALID",
            field="reference",
            detail="a reference has 1 to 64 letters, digits, dots, dashes or underscores",
        )
    return Activity(
        source=f"judged:{rule}:{reference}:{subscriber_id}",
        kind=ActivityKind.JUDGED,
        subscriber_id=subscriber_id,
        type=own_type(rule),
        service="",
        amount_fen=0,
        quantity=1,
        at=at,
    )


def own_type(rule: int) -> str:
    """The type of a rule's own deeds."""
    return f"rule-{rule}"


def event_activity(*, subscriber_id: int, type: str, at: datetime, attributes: Mapping[str, str]) -> Activity:  # noqa: A002 -- the event's own word
    """An event. Events have no ids, so the source is a digest of all that was told: what is equal in all is one deed.

    An attribute that is no number, or none that can be, counts as if it were not there.
    """
    told = [str(subscriber_id), type, at.isoformat(), *(f"{name}={attributes[name]}" for name in sorted(attributes))]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:_DIGEST_LETTERS]
    return Activity(
        source=f"event:{digest}",
        kind=ActivityKind.EVENT,
        subscriber_id=subscriber_id,
        type=type,
        service=_name(attributes, SERVICE),
        amount_fen=_number(attributes, AMOUNT_FEN, highest=MAX_AMOUNT_FEN, otherwise=0),
        quantity=_number(attributes, QUANTITY, highest=MAX_QUANTITY, otherwise=1),
        at=at,
        staff_id=_name(attributes, STAFF_ID),
        seller_id=_name(attributes, SELLER_ID),
    )


def _name(attributes: Mapping[str, str], name: str) -> str:
    text = attributes.get(name, "")
    return text if len(text) <= MAX_NAME_LENGTH else ""


def _number(attributes: Mapping[str, str], name: str, *, highest: int, otherwise: int) -> int:
    text = attributes.get(name, "")
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(highest)):
        return otherwise
    number = int(text)
    return number if 0 < number <= highest else otherwise
