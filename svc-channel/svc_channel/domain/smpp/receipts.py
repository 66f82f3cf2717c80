"""Delivery receipts: what an SMSC tells about a sent message, read and written; must not match or store them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import IntEnum
from typing import Final

from svc_channel.domain.smpp import statuses
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.pdus import ESM_RECEIPT, DeliverSm
from svc_channel.domain.smpp.tlvs import (
    MESSAGE_STATE,
    NETWORK_ERROR_CODE,
    RECEIPTED_MESSAGE_ID,
    Tlvs,
    find_tlv,
)


class MessageState(IntEnum):
    """The state of a message at the SMSC, by its number in the message_state parameter."""

    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8


_STAT_NAMES: Final = {
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
}
_STATES_BY_STAT: Final = {name: state for state, name in _STAT_NAMES.items()}
# On the way, not at the end: another receipt follows.
_PASSING: Final = frozenset({MessageState.ENROUTE, MessageState.ACCEPTED})

# The GSM network; the other kinds of network_error_code do not occur with an SMSC.
_NETWORK_GSM: Final = 3
_NETWORK_ERROR_SIZE: Final = 3

_ID = re.compile(r"\bid:\s*([^\s]+)", re.IGNORECASE)
_STAT = re.compile(r"\bstat:\s*([A-Za-z]+)", re.IGNORECASE)
_ERR = re.compile(r"\berr:\s*([^\s]+)", re.IGNORECASE)
_SUBMIT_DATE = re.compile(r"\bsubmit date:\s*(\d{10}(?:\d\d)?)\b", re.IGNORECASE)
_DONE_DATE = re.compile(r"\bdone date:\s*(\d{10}(?:\d\d)?)\b", re.IGNORECASE)
_TEXT = re.compile(r"\btext:(.*)", re.IGNORECASE | re.DOTALL)

_MINUTES: Final = "%y%m%d%H%M"
# Years have two digits on this wire.
_CENTURY: Final = 2000
# The receipt repeats the first characters of the message.
_TEXT_SHOWN: Final = 20


class UnreadableReceipt(MalformedPdu):
    """A receipt that does not say which message it is about or what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one message; ``message_id`` as the SMSC wrote it, times aware, ``error_code`` as in the text."""

    message_id: str
    state: MessageState
    error_code: str = "000"
    submitted_at: datetime | None = None
    done_at: datetime | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if not self.message_id:
            raise _unreadable("message_id", "no message id")

    @property
    def is_final(self) -> bool:
        """False for ENROUTE and ACCEPTED, after which another receipt follows."""
        return self.state not in _PASSING

    @property
    def is_delivered(self) -> bool:
        """True when the subscriber's handset has the message."""
        return self.state == MessageState.DELIVERED


def parse_receipt(message: DeliverSm, *, zone: tzinfo = UTC) -> Receipt:
    """Reads a receipt, parameters before text where both speak; the text's dates are local times of ``zone``.

    Raises UnreadableReceipt when neither says the id or the state.
    """
    text = message.payload.decode("latin-1")
    return Receipt(
        message_id=_message_id(message.tlvs, text),
        state=_state(message.tlvs, text),
        error_code=_error_code(message.tlvs, text),
        submitted_at=_date(_SUBMIT_DATE, text, zone),
        done_at=_date(_DONE_DATE, text, zone),
        text=_first(_TEXT, text) or "",
    )


def parse_outcome(message: DeliverSm) -> tuple[str, MessageState]:
    """The message id as the SMSC wrote it and the state, all that matching needs; reads the text only where it must.

    Raises UnreadableReceipt when neither parameters nor text say the id or the state.
    """
    tlvs = message.tlvs
    told = find_tlv(tlvs, MESSAGE_STATE) is not None and find_tlv(tlvs, RECEIPTED_MESSAGE_ID) is not None
    text = "" if told else message.payload.decode("latin-1")
    try:
        return _message_id(tlvs, text), _state(tlvs, text)
    except UnreadableReceipt:
        if not told:
            raise
        text = message.payload.decode("latin-1")
        return _message_id(tlvs, text), _state(tlvs, text)


def render_receipt(receipt: Receipt, *, source: str, destination: str, zone: tzinfo = UTC) -> DeliverSm:
    """Writes a receipt as deliver_sm with parameters and text; ``source`` is the number the message had gone to."""
    delivered = "001" if receipt.is_delivered else "000"
    shown = receipt.text[:_TEXT_SHOWN].encode("latin-1", "replace").decode("latin-1")
    text = (
        f"id:{receipt.message_id} sub:001 dlvrd:{delivered} submit date:{_written(receipt.submitted_at, zone)} "
        f"done date:{_written(receipt.done_at, zone)} stat:{_STAT_NAMES[receipt.state]} err:{receipt.error_code} "
        f"text:{shown}"
    )
    tlvs: Tlvs = (
        (RECEIPTED_MESSAGE_ID, receipt.message_id.encode("ascii") + b"\0"),
        (MESSAGE_STATE, bytes((receipt.state,))),
    )
    if receipt.error_code.isdecimal() and int(receipt.error_code):
        tlvs += ((NETWORK_ERROR_CODE, bytes((_NETWORK_GSM,)) + int(receipt.error_code).to_bytes(2, "big")),)
    return DeliverSm(
        source=source,
        destination=destination,
        esm_class=ESM_RECEIPT,
        short_message=text.encode("latin-1"),
        tlvs=tlvs,
    )


def _message_id(tlvs: Tlvs, text: str) -> str:
    told = find_tlv(tlvs, RECEIPTED_MESSAGE_ID)
    if told is not None:
        written = told.partition(b"\0")[0]
        if written and written.isascii():
            return written.decode("ascii")
    found = _first(_ID, text)
    if found is None:
        raise _unreadable("receipted_message_id", "neither the parameter nor the text says the message id")
    return found


def _state(tlvs: Tlvs, text: str) -> MessageState:
    told = find_tlv(tlvs, MESSAGE_STATE)
    if told is not None and len(told) == 1 and told[0] in MessageState._value2member_map_:
        return MessageState(told[0])
    stat = _first(_STAT, text)
    state = None if stat is None else _STATES_BY_STAT.get(stat.upper())
    if state is None:
        raise _unreadable("message_state", f"neither the parameter nor the text says a known state: {stat!r}")
    return state


def _error_code(tlvs: Tlvs, text: str) -> str:
    told = find_tlv(tlvs, NETWORK_ERROR_CODE)
    if told is not None and len(told) == _NETWORK_ERROR_SIZE:
        return f"{int.from_bytes(told[1:], 'big'):03d}"
    return _first(_ERR, text) or "000"


def _date(pattern: re.Pattern[str], text: str, zone: tzinfo) -> datetime | None:
    """A date that cannot be read is no reason to lose a receipt."""
    digits = _first(pattern, text)
    if digits is None:
        return None
    year, month, day, hour, minute, second = (int(digits[at : at + 2] or 0) for at in range(0, 12, 2))
    try:
        local = datetime(_CENTURY + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(UTC)


def _written(moment: datetime | None, zone: tzinfo) -> str:
    return "0000000000" if moment is None else moment.astimezone(zone).strftime(_MINUTES)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return None if found is None else found.group(1)


def _unreadable(field: str, detail: str) -> UnreadableReceipt:
    return UnreadableReceipt(
        reason="RECEIPT_UNREADABLE", field=field, detail=detail, status=statuses.INVALID_MESSAGE_LENGTH
    )
