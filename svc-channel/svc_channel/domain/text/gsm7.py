"""The GSM 03.38 default alphabet and its extension, one septet an octet; must not segment or choose an encoding."""

from typing import Final

ESCAPE: Final = 0x1B
# In the order of GSM 03.38, section 6.2.1; ESC stands at its place and is no character.
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Section 6.2.1.1: each of these costs two septets.
_EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_REPLACEMENT: Final = "\ufffd"

_SEPTETS: Final[dict[str, bytes]] = {
    **{character: bytes((code,)) for code, character in enumerate(_BASIC) if code != ESCAPE},
    **{character: bytes((ESCAPE, code)) for code, character in _EXTENSION.items()},
}


def encode_gsm7(text: str) -> list[bytes] | None:
    """Each character's one or two septets, in order; None when a character is not in the alphabet."""
    try:
        return [_SEPTETS[character] for character in text]
    except KeyError:
        return None


def decode_gsm7(septets: bytes) -> str:
    """Reads unpacked septets; never refuses, because a subscriber's text may not be lost.

    An unknown extension shows the basic character (03.38), a dangling ESC a blank, an octet over 0x7F U+FFFD.
    """
    characters: list[str] = []
    escaped = False
    for septet in septets:
        if escaped:
            characters.append(_EXTENSION.get(septet) or _basic(septet))
            escaped = False
        elif septet == ESCAPE:
            escaped = True
        else:
            characters.append(_basic(septet))
    if escaped:
        characters.append(" ")
    return "".join(characters)


def _basic(septet: int) -> str:
    if septet == ESCAPE:
        return " "
    return _BASIC[septet] if septet < len(_BASIC) else _REPLACEMENT
