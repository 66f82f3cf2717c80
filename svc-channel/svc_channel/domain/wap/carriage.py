"""The content of a wap_push message: JSON in, what is pushed or the short messages that carry it out; must not send.

``{"kind": "si", "href", "text", "action"?, "si_id"?, "created"?, "expires"?}``, ``{"kind": "sl", "href", "action"?}``, or
``{"kind": "mms", "transaction", "sender", "size", "expires_seconds", "location"}`` for a multimedia message that waits.
Moments are RFC 3339. The link of an audition (CHN-07) is an href like any other.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.mms.notification import MmsNotification, notification_push
from svc_channel.domain.text.segmentation import Segment
from svc_channel.domain.wap.indications import (
    Indication,
    LoadAction,
    ServiceIndication,
    ServiceLoading,
    SignalAction,
    in_utc,
)
from svc_channel.domain.wap.port_segments import count_push_segments, segment_push
from svc_channel.domain.wap.push_pdu import encode_push, push_of

Carried = Indication | MmsNotification
# Text and link at their longest, each character escaped.
CONTENT_LIMIT: Final = 16 * 1024
_NUMBERS: Final = frozenset({"size", "expires_seconds"})
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "si": frozenset({"kind", "href", "text", "action", "si_id", "created", "expires"}),
    "sl": frozenset({"kind", "href", "action"}),
    "mms": frozenset({"kind", "transaction", "sender", "size", "expires_seconds", "location"}),
}


def read_content(content: bytes) -> Carried:
    """The indication, loading or notification that a message carries.

    Raises InvalidInput: PUSH_CONTENT for what is no such JSON, PUSH_ACTION, and what the values themselves refuse.
    """
    said = _object(content)
    if not all(isinstance(value, int if name in _NUMBERS else str) for name, value in said.items()):
        raise _refused("PUSH_CONTENT", "content", "every field is a text, size and expires_seconds are numbers")
    kind = said.get("kind", "")
    if kind not in _FIELDS or not said.keys() <= _FIELDS[kind]:
        raise _refused("PUSH_CONTENT", "content", "kind si, sl or mms, and no other fields than theirs")
    if kind == "mms":
        return MmsNotification(
            transaction=said.get("transaction", ""),
            sender=said.get("sender", ""),
            size=said.get("size", 0),
            expires_seconds=said.get("expires_seconds", 0),
            location=said.get("location", ""),
        )
    return _indication(kind, said)


def _indication(kind: str, said: Mapping[str, str]) -> Indication:
    try:
        if kind == "sl":
            return ServiceLoading(href=said.get("href", ""), action=LoadAction(said.get("action", LoadAction.LOW)))
        action = SignalAction(said.get("action", SignalAction.MEDIUM))
    except ValueError:
        raise _refused(
            "PUSH_ACTION", "action", "signal-none to signal-high or delete; execute-low, -high or cache"
        ) from None
    return ServiceIndication(
        href=said.get("href", ""),
        text=said.get("text", ""),
        action=action,
        si_id=said.get("si_id", ""),
        created=_moment(said, "created"),
        expires=_moment(said, "expires"),
    )


def write_content(indication: Indication) -> bytes:
    """The content that read_content reads."""
    if isinstance(indication, ServiceLoading):
        said = {"kind": "sl", "href": indication.href, "action": indication.action.value}
    else:
        said = {
            "kind": "si",
            "href": indication.href,
            "text": indication.text,
            "action": indication.action.value,
            "si_id": indication.si_id,
        }
        moments = (("created", indication.created), ("expires", indication.expires))
        said |= {name: in_utc(moment).isoformat() for name, moment in moments if moment is not None}
    return json.dumps(said, ensure_ascii=False).encode()


def cut_push(content: bytes, *, reference: int) -> tuple[Segment, ...]:
    """The short messages of a message's content, under its 8-bit ``reference``.

    Refuses (InvalidInput) what read_content refuses, and PUSH_TOO_LONG.
    """
    return segment_push(_octets(content, reference), reference=reference)


def count_push(content: bytes) -> int:
    """How many short messages the content takes; refuses what cut_push refuses."""
    return count_push_segments(_octets(content, 0))


def _octets(content: bytes, reference: int) -> bytes:
    carried = read_content(content)
    if isinstance(carried, MmsNotification):
        return encode_push(notification_push(carried, transaction=reference))
    return encode_push(push_of(carried, transaction=reference))


def _object(content: bytes) -> dict[str, Any]:
    if len(content) > CONTENT_LIMIT:
        raise _refused("PUSH_CONTENT", "content", f"{len(content)} octets; at most {CONTENT_LIMIT}")
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _refused("PUSH_CONTENT", "content", "one JSON object in UTF-8")
    return said


def _moment(said: Mapping[str, str], field: str) -> datetime | None:
    if field not in said:
        return None
    try:
        return datetime.fromisoformat(said[field])
    except ValueError:
        raise _refused("PUSH_MOMENT", field, "a moment of RFC 3339 with its time zone, in whole seconds") from None


def _refused(reason: str, field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
