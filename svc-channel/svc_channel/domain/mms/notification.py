"""m-notification-ind: tells a handset by a push where its multimedia message waits; must not fetch or send anything."""

from dataclasses import dataclass
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.wap.errors import MalformedPush
from svc_channel.domain.wap.octets import Octets, encode_uintvar
from svc_channel.domain.wap.push_pdu import APPLICATION_MMS_UA, TYPE_MMS, PushPdu

# Header fields, their high bit set.
_TYPE: Final = 0x8C
_TRANSACTION: Final = 0x98
_VERSION: Final = 0x8D
_FROM: Final = 0x89
_CLASS: Final = 0x8A
_SIZE: Final = 0x8E
_EXPIRY: Final = 0x88
_LOCATION: Final = 0x83
_NOTIFICATION_IND: Final = 0x82
_VERSION_1_0: Final = 0x90
_ADDRESS_PRESENT: Final = 0x80
_RELATIVE: Final = 0x81
_CLASS_ADVERTISEMENT: Final = 0x81
_LONGEST_SHORT_LENGTH: Final = 30
_LENGTH_QUOTE: Final = 31
_SHORT: Final = 0x80

_TEXT_LIMIT: Final = 255
# Multi-octet integers here are sizes and seconds; four octets hold both.
_INTEGER_OCTETS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MmsNotification:
    """One notification: ``sender`` is the number it comes from, ``size`` octets wait at ``location`` (CHN-14).

    Raises InvalidInput (MMS_NOTIFICATION) for what its octets could not hold.
    """

    transaction: str
    sender: str
    size: int
    expires_seconds: int
    location: str

    def __post_init__(self) -> None:
        texts = (self.transaction, self.sender, self.location)
        if not all(text.isascii() and text.isprintable() and 0 < len(text) <= _TEXT_LIMIT for text in texts):
            raise _refused("transaction, sender and location are printable ASCII of 1 to 255 characters")
        if not all(0 <= number < 1 << (8 * _INTEGER_OCTETS) for number in (self.size, self.expires_seconds)):
            raise _refused("size and expiry are 32-bit numbers")


def encode_notification(notification: MmsNotification) -> bytes:
    """The headers of the PDU; it has no body."""
    address = bytes((_ADDRESS_PRESENT,)) + _text(f"{notification.sender}/TYPE=PLMN")
    expiry = bytes((_RELATIVE,)) + _long_integer(notification.expires_seconds)
    return b"".join(
        (
            bytes((_TYPE, _NOTIFICATION_IND, _TRANSACTION)),
            _text(notification.transaction),
            bytes((_VERSION, _VERSION_1_0, _FROM)),
            _with_length(address),
            bytes((_CLASS, _CLASS_ADVERTISEMENT, _SIZE)),
            _long_integer(notification.size),
            bytes((_EXPIRY,)),
            _with_length(expiry),
            bytes((_LOCATION,)),
            _text(notification.location),
        )
    )


def notification_push(notification: MmsNotification, *, transaction: int) -> PushPdu:
    """The push that carries it to the handset's MMS client."""
    return PushPdu(
        transaction=transaction,
        content_type=TYPE_MMS,
        body=encode_notification(notification),
        application=APPLICATION_MMS_UA,
    )


def decode_notification(octets: bytes) -> MmsNotification:
    """Reads a notification; headers that are not read here are passed over. Raises MalformedPush."""
    cursor = Octets(octets)
    if cursor.take(2) != bytes((_TYPE, _NOTIFICATION_IND)):
        raise _broken("MMS_TYPE", "no m-notification-ind")
    found: dict[int, bytes] = {}
    while cursor.left:
        field = cursor.octet()
        if not field & _SHORT or field in found:
            raise _broken("MMS_FIELD", f"{field:#04x} where a header has to be, once")
        found[field] = _read_value(cursor)
    missing = {_TRANSACTION, _VERSION, _SIZE, _EXPIRY, _LOCATION} - found.keys()
    if missing:
        raise _broken("MMS_FIELD", "a header is missing")
    try:
        return MmsNotification(
            transaction=_ascii(found[_TRANSACTION]),
            sender=_read_sender(found.get(_FROM, b"")),
            size=_read_integer(found[_SIZE]),
            expires_seconds=_read_expiry(found[_EXPIRY]),
            location=_ascii(found[_LOCATION]),
        )
    except InvalidInput as error:
        raise _broken(error.reason, error.detail) from error


def _read_value(cursor: Octets) -> bytes:
    """A value: a short integer, octets after their length, or a text with its end."""
    first = cursor.octet()
    if first & _SHORT:
        return bytes((first,))
    if first < _LENGTH_QUOTE:
        return cursor.take(first)
    if first == _LENGTH_QUOTE:
        return cursor.take(cursor.uintvar())
    return bytes((first,)) + cursor.until_nul()


def _read_sender(value: bytes) -> str:
    cursor = Octets(value)
    if cursor.octet() != _ADDRESS_PRESENT:
        raise _broken("MMS_FROM", "a sender without an address")
    return _ascii(cursor.until_nul()).removesuffix("/TYPE=PLMN")


def _read_expiry(value: bytes) -> int:
    cursor = Octets(value)
    if cursor.octet() != _RELATIVE:
        raise _broken("MMS_EXPIRY", "an expiry in seconds from now")
    return _read_integer(cursor.take(cursor.octet()))


def _read_integer(octets: bytes) -> int:
    if not 1 <= len(octets) <= _INTEGER_OCTETS:
        raise _broken("MMS_NUMBER", "a number of 1 to 4 octets")
    return int.from_bytes(octets, "big")


def _ascii(octets: bytes) -> str:
    try:
        return octets.decode("ascii")
    except UnicodeDecodeError:
        raise _broken("MMS_TEXT", "a text of ASCII") from None


def _text(text: str) -> bytes:
    return text.encode("ascii") + b"\0"


def _long_integer(number: int) -> bytes:
    octets = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
    return bytes((len(octets),)) + octets


def _with_length(octets: bytes) -> bytes:
    if len(octets) <= _LONGEST_SHORT_LENGTH:
        return bytes((len(octets),)) + octets
    return bytes((_LENGTH_QUOTE,)) + encode_uintvar(len(octets)) + octets


def _refused(detail: str) -> InvalidInput:
    return InvalidInput(reason="MMS_NOTIFICATION", field="notification", detail=detail)


def _broken(reason: str, detail: str) -> MalformedPush:
    return MalformedPush(reason=reason, field="notification", detail=detail)
