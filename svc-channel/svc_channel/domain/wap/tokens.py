"""The token tables of WBXML for SI and SL, as the code pages of their DTDs give them; must not encode or decode."""

from collections.abc import Mapping
from typing import Final

VERSION_1_2: Final = 0x02
# A decoder reads what 1.1 to 1.3 have in common: SI and SL use nothing else.
VERSIONS: Final = frozenset({0x01, 0x02, 0x03})
PUBLIC_ID_SI: Final = 0x05
PUBLIC_ID_SL: Final = 0x06
# IANA MIBenum: the only charset written, and those read.
CHARSET_UTF8: Final = 106
CHARSETS: Final[Mapping[int, str]] = {3: "ascii", 4: "latin-1", CHARSET_UTF8: "utf-8"}

SWITCH_PAGE: Final = 0x00
END: Final = 0x01
ENTITY: Final = 0x02
STR_I: Final = 0x03
STR_T: Final = 0x83
OPAQUE: Final = 0xC3
HAS_CONTENT: Final = 0x40
HAS_ATTRIBUTES: Final = 0x80

TAG_SI: Final = 0x05
TAG_INDICATION: Final = 0x06
TAG_SL: Final = 0x05

# Attribute starts: what the attribute is, and how its value begins.
SI_STARTS: Final[Mapping[int, tuple[str, str]]] = {
    0x05: ("action", "signal-none"),
    0x06: ("action", "signal-low"),
    0x07: ("action", "signal-medium"),
    0x08: ("action", "signal-high"),
    0x09: ("action", "delete"),
    0x0A: ("created", ""),
    0x0B: ("href", ""),
    0x0C: ("href", "http://"),
    0x0D: ("href", "http://www."),
    0x0E: ("href", "https://"),
    0x0F: ("href", "https://www."),
    0x10: ("expires", ""),
    0x11: ("si_id", ""),
}
SL_STARTS: Final[Mapping[int, tuple[str, str]]] = {
    0x05: ("action", "execute-low"),
    0x06: ("action", "execute-high"),
    0x07: ("action", "cache"),
    0x08: ("href", ""),
    0x09: ("href", "http://"),
    0x0A: ("href", "http://www."),
    0x0B: ("href", "https://"),
    0x0C: ("href", "https://www."),
}
# Attribute values: endings of host names, the same in both documents.
VALUES: Final[Mapping[int, str]] = {0x85: ".com/", 0x86: ".edu/", 0x87: ".net/", 0x88: ".org/"}
