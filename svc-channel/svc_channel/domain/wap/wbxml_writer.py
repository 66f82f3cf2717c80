"""Writes SI and SL as WBXML 1.2 in UTF-8, without a string table; must not read what others wrote.

The octets are those of two independent compilers, token for token.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from svc_channel.domain.wap import tokens
from svc_channel.domain.wap.indications import Indication, ServiceIndication, ServiceLoading, in_utc

_STARTS: Final = {
    ServiceIndication: {said: token for token, said in tokens.SI_STARTS.items()},
    ServiceLoading: {said: token for token, said in tokens.SL_STARTS.items()},
}
_ENDINGS: Final = re.compile("(" + "|".join(re.escape(ending) for ending in tokens.VALUES.values()) + ")")
_ENDING_TOKENS: Final = {ending: token for token, ending in tokens.VALUES.items()}


def write_wbxml(indication: Indication) -> bytes:
    """The document of an indication (public id 05) or a loading (06)."""
    if isinstance(indication, ServiceIndication):
        return _header(tokens.PUBLIC_ID_SI) + _write_si(indication)
    return _header(tokens.PUBLIC_ID_SL) + _write_sl(indication)


def _header(public_id: int) -> bytes:
    return bytes((tokens.VERSION_1_2, public_id, tokens.CHARSET_UTF8, 0))


def _write_si(indication: ServiceIndication) -> bytes:
    starts = _STARTS[ServiceIndication]
    body = bytearray((tokens.TAG_SI | tokens.HAS_CONTENT,))
    content = tokens.HAS_CONTENT if indication.text else 0
    body.append(tokens.TAG_INDICATION | tokens.HAS_ATTRIBUTES | content)
    body += _href(indication.href, starts)
    if indication.si_id:
        body += bytes((starts["si_id", ""],)) + _value(indication.si_id)
    body.append(starts["action", indication.action.value])
    if indication.created is not None:
        body += bytes((starts["created", ""],)) + _moment(indication.created)
    if indication.expires is not None:
        body += bytes((starts["expires", ""],)) + _moment(indication.expires)
    body.append(tokens.END)
    if indication.text:
        body += _inline(indication.text)
        body.append(tokens.END)
    body.append(tokens.END)
    return bytes(body)


def _write_sl(loading: ServiceLoading) -> bytes:
    starts = _STARTS[ServiceLoading]
    body = bytes((tokens.TAG_SL | tokens.HAS_ATTRIBUTES,)) + _href(loading.href, starts)
    return body + bytes((starts["action", loading.action.value], tokens.END))


def _href(href: str, starts: Mapping[tuple[str, str], int]) -> bytes:
    """The longest beginning that has a token, then the rest."""
    beginnings = (begin for name, begin in starts if name == "href" and href.startswith(begin))
    begin = max(beginnings, key=len)
    return bytes((starts["href", begin],)) + _value(href[len(begin) :])


def _value(text: str) -> bytes:
    """An attribute's value: inline strings, and tokens for the endings of host names between them."""
    return b"".join(
        bytes((_ENDING_TOKENS[piece],)) if piece in _ENDING_TOKENS else _inline(piece)
        for piece in _ENDINGS.split(text)
        if piece
    )


def _inline(text: str) -> bytes:
    return bytes((tokens.STR_I,)) + text.encode() + b"\0"


def _moment(moment: datetime) -> bytes:
    """Packed digits, two an octet; trailing octets of zero say nothing and are left out."""
    digits = bytes.fromhex(in_utc(moment).strftime("%Y%m%d%H%M%S")).rstrip(b"\0")
    return bytes((tokens.OPAQUE, len(digits))) + digits
