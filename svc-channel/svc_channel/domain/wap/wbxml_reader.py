"""Reads SI and SL out of WBXML of anybody, string tables included; must not trust a length or look past the end."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.wap import tokens
from svc_channel.domain.wap.errors import MalformedPush
from svc_channel.domain.wap.indications import (
    Indication,
    LoadAction,
    ServiceIndication,
    ServiceLoading,
    SignalAction,
)
from svc_channel.domain.wap.octets import Octets

# Eight segments of a push and some room; a longer document is none of ours and none a handset would take.
DOCUMENT_LIMIT: Final = 4096
_MOMENT_DIGITS: Final = 14
_SHORTEST_MOMENT: Final = 8

ActionT = TypeVar("ActionT", SignalAction, LoadAction)


def read_wbxml(document: bytes) -> Indication:
    """The indication or loading of a whole document. Raises MalformedPush for everything else."""
    if len(document) > DOCUMENT_LIMIT:
        raise _broken("WBXML_TOO_LONG", "document", f"{len(document)} octets; at most {DOCUMENT_LIMIT}")
    octets = Octets(document)
    if octets.octet() not in tokens.VERSIONS:
        raise _broken("WBXML_VERSION", "version", "WBXML 1.1 to 1.3 is read")
    public_id = octets.uintvar()
    charset = tokens.CHARSETS.get(octets.uintvar())
    if charset is None:
        raise _broken("WBXML_CHARSET", "charset", "UTF-8, Latin-1 and ASCII are read")
    table = octets.take(octets.uintvar())
    reader = _Reader(octets, table, charset)
    try:
        if public_id == tokens.PUBLIC_ID_SI:
            indication: Indication = reader.read_si()
        elif public_id == tokens.PUBLIC_ID_SL:
            indication = reader.read_sl()
        else:
            raise _broken("WBXML_DOCUMENT", "public_id", f"{public_id} is neither SI nor SL")
    except InvalidInput as error:
        raise _broken(error.reason, error.field, error.detail) from error
    if octets.left:
        raise _broken("WBXML_TRAILING", "document", f"{octets.left} octets after the end of the document")
    return indication


class _Reader:
    """One document being read; strings come from the stream or from its table."""

    def __init__(self, octets: Octets, table: bytes, charset: str) -> None:
        self._octets = octets
        self._table = table
        self._charset = charset

    def read_si(self) -> ServiceIndication:
        self._expect(tokens.TAG_SI | tokens.HAS_CONTENT, "si")
        tag = self._octets.octet()
        if tag & ~tokens.HAS_CONTENT != tokens.TAG_INDICATION | tokens.HAS_ATTRIBUTES:
            raise _broken("WBXML_TAG", "indication", f"tag {tag:#04x} where an indication has to be")
        said = self._attributes(tokens.SI_STARTS)
        text = self._text() if tag & tokens.HAS_CONTENT else ""
        self._expect(tokens.END, "si")
        return ServiceIndication(
            href=_text_of(said, "href"),
            text=text,
            action=_action(SignalAction, _text_of(said, "action"), SignalAction.MEDIUM),
            si_id=_text_of(said, "si_id"),
            created=_moment(said.get("created"), "created"),
            expires=_moment(said.get("expires"), "expires"),
        )

    def read_sl(self) -> ServiceLoading:
        self._expect(tokens.TAG_SL | tokens.HAS_ATTRIBUTES, "sl")
        said = self._attributes(tokens.SL_STARTS)
        action = _action(LoadAction, _text_of(said, "action"), LoadAction.LOW)
        return ServiceLoading(href=_text_of(said, "href"), action=action)

    def _expect(self, token: int, field: str) -> None:
        found = self._octets.octet()
        if found != token:
            raise _broken("WBXML_TAG", field, f"{found:#04x} where {token:#04x} has to be")

    def _attributes(self, starts: Mapping[int, tuple[str, str]]) -> dict[str, str | bytes]:
        said: dict[str, str | bytes] = {}
        name = ""
        while (token := self._octets.octet()) != tokens.END:
            if token in starts:
                name, begin = starts[token]
                if name in said:
                    raise _broken("WBXML_ATTRIBUTE_TWICE", name, "an attribute stands once")
                said[name] = begin
                continue
            if not name:
                raise _broken("WBXML_ATTRIBUTE", "attributes", f"{token:#04x} opens no attribute")
            said[name] = self._joined(name, said[name], token)
        return said

    def _joined(self, name: str, before: str | bytes, token: int) -> str | bytes:
        """The value of an attribute with one more piece."""
        if token == tokens.OPAQUE:
            if before:
                raise _broken("WBXML_VALUE", name, "packed digits stand alone")
            return self._octets.take(self._octets.uintvar())
        piece = tokens.VALUES.get(token)
        if piece is None:
            piece = self._string(token, name)
        if isinstance(before, bytes):
            raise _broken("WBXML_VALUE", name, "packed digits stand alone")
        return before + piece

    def _text(self) -> str:
        pieces: list[str] = []
        while (token := self._octets.octet()) != tokens.END:
            pieces.append(self._string(token, "text"))
        return "".join(pieces)

    def _string(self, token: int, field: str) -> str:
        if token == tokens.STR_I:
            return self._decoded(self._octets.until_nul(), field)
        if token == tokens.STR_T:
            at = self._octets.uintvar()
            end = self._table.find(b"\0", at)
            if at >= len(self._table) or end < 0:
                raise _broken("WBXML_STRING_TABLE", field, "a reference past the string table")
            return self._decoded(self._table[at:end], field)
        if token == tokens.ENTITY:
            code = self._octets.uintvar()
            if code > 0x10FFFF:  # noqa: PLR2004 -- where Unicode ends
                raise _broken("WBXML_ENTITY", field, f"{code} is no character")
            return chr(code)
        raise _broken("WBXML_TOKEN", field, f"{token:#04x} is no string")

    def _decoded(self, octets: bytes, field: str) -> str:
        try:
            return octets.decode(self._charset)
        except UnicodeDecodeError:
            raise _broken("WBXML_CHARACTERS", field, f"not {self._charset}") from None


def _text_of(said: Mapping[str, str | bytes], name: str) -> str:
    value = said.get(name, "")
    if isinstance(value, bytes):
        raise _broken("WBXML_VALUE", name, "packed digits where a text has to be")
    return value


def _action(actions: type[ActionT], said: str, default: ActionT) -> ActionT:
    """The action that an attribute names, or what the DTD takes when none does."""
    try:
        return actions(said) if said else default
    except ValueError:
        raise _broken("WBXML_ACTION", "action", "no action of this document") from None


def _moment(value: str | bytes | None, field: str) -> datetime | None:
    """A moment out of packed digits, or out of text that a compiler left as it was."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        digits = value.hex()
        if not _SHORTEST_MOMENT <= len(digits) <= _MOMENT_DIGITS or not digits.isdecimal():
            raise _broken("WBXML_MOMENT", field, "a moment has 8 to 14 packed digits")
        return datetime.strptime(digits.ljust(_MOMENT_DIGITS, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise _broken("WBXML_MOMENT", field, "no such day or time") from None


def _broken(reason: str, field: str, detail: str) -> MalformedPush:
    return MalformedPush(reason=reason, field=field, detail=detail)
