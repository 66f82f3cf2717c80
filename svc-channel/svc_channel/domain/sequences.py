"""Sequence numbers of one session of a windowed protocol; must not know what is sent under them."""

from collections.abc import Container
from typing import Final

FIRST_SEQUENCE: Final = 1
LAST_SEQUENCE: Final = 0x7FFFFFFF


class SequenceNumbers:
    """Counts 1..0x7FFFFFFF, starts over at 1 and skips numbers still open, so no answer can be taken for another's."""

    __slots__ = ("_next",)

    def __init__(self, first: int = FIRST_SEQUENCE) -> None:
        if not FIRST_SEQUENCE <= first <= LAST_SEQUENCE:
            raise ValueError(f"a sequence number is {FIRST_SEQUENCE}..{LAST_SEQUENCE}, not {first}")
        self._next = first

    def take(self, still_open: Container[int] = ()) -> int:
        """The next number that is not ``still_open``; the caller's window keeps those far fewer than the numbers."""
        number = self._next
        while number in still_open:
            number = number + 1 if number < LAST_SEQUENCE else FIRST_SEQUENCE
        self._next = number + 1 if number < LAST_SEQUENCE else FIRST_SEQUENCE
        return number
