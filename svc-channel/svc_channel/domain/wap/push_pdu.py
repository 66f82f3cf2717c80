"""The WSP push PDU around a document: its type, its application and its body; must not read the body."""

from dataclasses import dataclass
from typing import Final

from svc_channel.domain.wap.errors import MalformedPush
from svc_channel.domain.wap.indications import Indication, ServiceIndication
from svc_channel.domain.wap.octets import Octets, encode_uintvar
from svc_channel.domain.wap.tokens import CHARSET_UTF8
from svc_channel.domain.wap.wbxml_writer import write_wbxml

# Well-known media types of WSP, their short-integer bit set.
TYPE_SI: Final = 0xAE
TYPE_SL: Final = 0xB0
TYPE_MMS: Final = 0xBE
# Values of X-Wap-Application-Id.
APPLICATION_MMS_UA: Final = 4

_PUSH: Final = 0x06
_SHORT: Final = 0x80
_APPLICATION_ID: Final = 0xAF
_CHARSET: Final = 0x81
# A value length of 31 says that a uintvar follows.
_LENGTH_QUOTE: Final = 31
_TRANSACTION_IDS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPdu:
    """One push: ``content_type`` is the well-known type with its high bit; ``application`` is None for the browser."""

    transaction: int
    content_type: int
    body: bytes
    utf8: bool = False
    application: int | None = None


def push_of(indication: Indication, *, transaction: int) -> PushPdu:
    """The push that carries an indication or a loading."""
    content_type = TYPE_SI if isinstance(indication, ServiceIndication) else TYPE_SL
    return PushPdu(
        transaction=transaction % _TRANSACTION_IDS, content_type=content_type, body=write_wbxml(indication), utf8=True
    )


def encode_push(pdu: PushPdu) -> bytes:
    """The octets of a push. Raises ValueError for a transaction outside one octet."""
    headers = bytearray()
    if pdu.utf8:
        headers += bytes((3, pdu.content_type, _CHARSET, CHARSET_UTF8 | _SHORT))
    else:
        headers.append(pdu.content_type)
    if pdu.application is not None:
        headers += bytes((_APPLICATION_ID, pdu.application | _SHORT))
    return bytes((pdu.transaction, _PUSH)) + encode_uintvar(len(headers)) + bytes(headers) + pdu.body


def decode_push(octets: bytes) -> PushPdu:
    """Reads a push whose type is a well-known one; headers beside type, charset and application are passed over.

    Raises MalformedPush.
    """
    cursor = Octets(octets)
    transaction = cursor.octet()
    if cursor.octet() != _PUSH:
        raise MalformedPush(reason="PUSH_TYPE", field="pdu_type", detail="not a push PDU")
    headers = Octets(cursor.take(cursor.uintvar()))
    content_type, utf8 = _read_type(headers)
    application: int | None = None
    while headers.left:
        field = headers.octet()
        value = _read_value(headers)
        if field == _APPLICATION_ID and len(value) == 1 and value[0] & _SHORT:
            application = value[0] & ~_SHORT
    return PushPdu(
        transaction=transaction, content_type=content_type, body=cursor.rest(), utf8=utf8, application=application
    )


def _read_type(headers: Octets) -> tuple[int, bool]:
    """The well-known type, alone or with parameters, and whether they name UTF-8."""
    value = _read_value(headers)
    if not value or not value[0] & _SHORT:
        raise MalformedPush(reason="PUSH_CONTENT_TYPE", field="content_type", detail="no well-known type")
    return value[0], value[1:] == bytes((_CHARSET, CHARSET_UTF8 | _SHORT))


def _read_value(headers: Octets) -> bytes:
    """One header's value: a short integer, a text, or octets with their length before them."""
    first = headers.octet()
    if first & _SHORT:
        return bytes((first,))
    if first < _LENGTH_QUOTE:
        return headers.take(first)
    if first == _LENGTH_QUOTE:
        return headers.take(headers.uintvar())
    return bytes((first,)) + headers.until_nul()
