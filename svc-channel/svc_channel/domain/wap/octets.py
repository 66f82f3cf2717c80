"""A cursor over octets with the length encodings of WSP; must not read past the end or guess a missing octet."""

from typing import Final

from svc_channel.domain.wap.errors import MalformedPush

_MORE: Final = 0x80
_SEVEN: Final = 0x7F
# Five octets of seven bits hold every 32-bit number; a sixth is an attack.
_UINTVAR_OCTETS: Final = 5
_UINTVAR_LIMIT: Final = 0xFFFFFFFF


class Octets:
    """What is left of some octets; every read past the end is MalformedPush (PUSH_TRUNCATED)."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Octets not read yet."""
        return len(self._data) - self._at

    def octet(self) -> int:
        """The next one."""
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        """The next ``count``."""
        if count > self.left:
            raise _truncated(f"{count} octets announced, {self.left} left")
        self._at += count
        return self._data[self._at - count : self._at]

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def uintvar(self) -> int:
        """A number of seven bits an octet, the last octet without the high bit."""
        value = 0
        for _ in range(_UINTVAR_OCTETS):
            octet = self.octet()
            value = value << 7 | octet & _SEVEN
            if not octet & _MORE:
                if value > _UINTVAR_LIMIT:
                    break
                return value
        raise MalformedPush(reason="PUSH_NUMBER", field="uintvar", detail="a number has at most 32 bits")

    def until_nul(self) -> bytes:
        """What stands before the next NUL, which is read over."""
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise _truncated("a string without its end")
        taken = self._data[self._at : end]
        self._at = end + 1
        return taken


def encode_uintvar(value: int) -> bytes:
    """Seven bits an octet. Raises ValueError outside 0..2^32-1."""
    if not 0 <= value <= _UINTVAR_LIMIT:
        raise ValueError("a uintvar holds 0 to 2^32-1")
    octets = [value & _SEVEN]
    while value := value >> 7:
        octets.append(value & _SEVEN | _MORE)
    return bytes(reversed(octets))


def _truncated(detail: str) -> MalformedPush:
    return MalformedPush(reason="PUSH_TRUNCATED", field="octets", detail=detail)
