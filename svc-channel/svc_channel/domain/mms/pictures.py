"""How large a picture is, read from its first octets; must not decode it."""

from typing import Final, Literal

PNG: Final = b"\x89PNG\r\n\x1a\n"
GIF: Final = (b"GIF87a", b"GIF89a")
JPEG: Final = b"\xff\xd8"
# The markers of JPEG that begin a frame and so say its size: SOF0 to SOF15 without DHT, JPG and DAC between them.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length: fill, TEM, RST0 to RST7.
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_MARKER: Final = 0xFF

Size = tuple[int, int]


def picture_size(octets: bytes) -> Size | None:
    """Width and height in pixels of a JPEG, GIF or PNG; None for whatever does not say it."""
    if octets.startswith(PNG):
        return _numbers(octets, 16, 4, "big")
    if octets.startswith(GIF):
        return _numbers(octets, 6, 2, "little")
    return _jpeg_size(octets) if octets.startswith(JPEG) else None


def _jpeg_size(octets: bytes) -> Size | None:
    at = len(JPEG)
    while at + 4 <= len(octets) and octets[at] == _MARKER:
        marker = octets[at + 1]
        if marker in _FRAMES:
            size = _numbers(octets, at + 5, 2, "big")
            return (size[1], size[0]) if size else None
        if marker == _MARKER:
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            at += 2 + int.from_bytes(octets[at + 2 : at + 4], "big")
    return None


def _numbers(octets: bytes, at: int, width: int, order: Literal["big", "little"]) -> Size | None:
    """Two numbers that stand beside each other; None where the octets end before, or one is nothing."""
    pair = octets[at : at + 2 * width]
    if len(pair) < 2 * width:
        return None
    first, second = int.from_bytes(pair[:width], order), int.from_bytes(pair[width:], order)
    return (first, second) if first and second else None
