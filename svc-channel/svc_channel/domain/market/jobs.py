"""What a mobile_market message asks an app store to show somebody, and what the store answers; must not post it.

The message's content is ``{"kind": ..., "items": [...], "slot": "..."}``. ``client_download`` offers the store's client
and has no items, ``app_download`` and ``content_order`` offer one item, ``recommendation`` fills a slot with up to ten.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from carillon_chassis.errors import InvalidInput

VERSION: Final = 1
ITEMS_LIMIT: Final = 10
NAME_LIMIT: Final = 64
CONTENT_LIMIT: Final = 4096


class OfferKind(StrEnum):
    """What is offered."""

    CLIENT_DOWNLOAD = "client_download"
    APP_DOWNLOAD = "app_download"
    CONTENT_ORDER = "content_order"
    RECOMMENDATION = "recommendation"


_ITEMS: Final = {
    OfferKind.CLIENT_DOWNLOAD: range(1),
    OfferKind.APP_DOWNLOAD: range(1, 2),
    OfferKind.CONTENT_ORDER: range(1, 2),
    OfferKind.RECOMMENDATION: range(1, ITEMS_LIMIT + 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer (CHN-13). Raises InvalidInput: MARKET_ITEMS, MARKET_SLOT, MARKET_NAME."""

    kind: OfferKind
    items: tuple[str, ...] = ()
    slot: str = ""

    def __post_init__(self) -> None:
        if len(self.items) not in _ITEMS[self.kind]:
            allowed = _ITEMS[self.kind]
            raise _refused("MARKET_ITEMS", "items", f"{self.kind} takes {allowed.start} to {allowed.stop - 1} items")
        if bool(self.slot) is not (self.kind is OfferKind.RECOMMENDATION):
            raise _refused("MARKET_SLOT", "slot", "a recommendation names its slot, and nothing else does")
        names = (*self.items, self.slot)
        if not all(len(name) <= NAME_LIMIT and name.isprintable() for name in names) or "" in self.items:
            raise _refused("MARKET_NAME", "items", f"names of 1 to {NAME_LIMIT} printable characters")


def read_content(content: bytes) -> Offer:
    """The offer of a message. Raises InvalidInput (MARKET_CONTENT) and what Offer refuses."""
    said = read_object(content, limit=CONTENT_LIMIT, reason="MARKET_CONTENT")
    items, slot = said.get("items", []), said.get("slot", "")
    sound = isinstance(items, list) and all(isinstance(item, str) for item in items) and isinstance(slot, str)
    if not sound or not said.keys() <= {"kind", "items", "slot"} or said.get("kind") not in list(OfferKind):
        raise _refused("MARKET_CONTENT", "content", "kind, and perhaps items and slot")
    return Offer(kind=OfferKind(said["kind"]), items=tuple(items), slot=slot)


def write_job(offer: Offer, *, job: str, msisdn: str, text: str) -> bytes:
    """The body of ``POST /jobs``: the offer for one number (E.164), under an id that is the same at every try."""
    said = {
        "version": VERSION,
        "id": job,
        "kind": offer.kind.value,
        "msisdn": msisdn,
        "text": text,
        "items": list(offer.items),
        "slot": offer.slot,
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def read_object(body: bytes, *, limit: int, reason: str) -> dict[str, Any]:
    """One JSON object. Raises InvalidInput with the reason."""
    try:
        said = json.loads(body) if len(body) <= limit else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _refused(reason, "body", f"one JSON object of at most {limit} octets")
    return said


def _refused(reason: str, field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
